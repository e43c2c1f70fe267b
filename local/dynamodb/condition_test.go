package dynamodb

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/wire"
)

// sample is the item that conditions are tried on, and the constants that they may use.
const sample = `{"s":{"S":"banana"},"n":{"N":"10"},"m":{"N":"9"},"flag":{"BOOL":true},"nul":{"NULL":true},
	"l":{"L":[{"S":"x"},{"N":"2"},{"M":{"k":{"S":"v"}}}]},"doc":{"M":{"a":{"M":{"b":{"N":"1"}}},"a.b":{"S":"dotted"}}}}`

const constants = `{":s":{"S":"banana"},":ban":{"S":"ban"},":z":{"S":"zebra"},":n":{"N":"10.0"},":one":{"N":"1"},":two":{"N":"2"},
	":hundred":{"N":"100"},":true":{"BOOL":true},":null":{"NULL":true},":list":{"L":[{"S":"x"}]},
	":a":{"S":"a"},":v":{"S":"v"},
	":map":{"M":{"k":{"S":"v"}}}}`

func decode(t testing.TB, text string) Map {
	t.Helper()
	var m Map
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	return m
}

func testScope(t testing.TB) *scope {
	t.Helper()
	sc, err := newScope(map[string]string{"#s": "s", "#size": "size"}, decode(t, constants), true)
	require.NoError(t, err)
	return sc
}

func TestConditions(t *testing.T) {
	item := decode(t, sample)
	for expression, want := range map[string]bool{
		// comparators
		"s = :s": true, "n = :n": true, "n = :s": false, "n <> :s": true, ":s = s": true, "#s = :s": true,
		"n > m": true, "m < n": true, "s < :z": true, "s <= :s": true, "s > :s": false, "n >= :n": true,
		"n < :hundred": true, "s < :hundred": false, "flag = :true": true, "nul = :null": true,
		"l = l": true, "l = :list": false, ":map = :map": true, ":map = doc": false, "s = l": false, "l <> s": true,
		// a missing attribute
		"gone = :s": false, "gone < :n": false, ":n > gone": false, "gone <> :s": true, "gone <> lost": true, "gone = lost": false,
		"NOT gone = :s": true, "gone BETWEEN :one AND :n": false,
		// BETWEEN
		"n BETWEEN :one AND :hundred": true, "n BETWEEN :n AND :n": true, "s between :ban and :z": true, "m BETWEEN :n AND :hundred": false,
		"m BETWEEN :one AND n": true,
		// logic and precedence
		"s = :s AND n = :one OR m < n": true, "m < n OR s = :s AND n = :one": true, "(m < n OR s = :s) AND n = :one": false,
		"NOT s = :z AND n = :n": true, "NOT (s = :s OR n = :n)": false, "not (s = :z)": true,
		// functions
		"attribute_exists(s)": true, "attribute_exists(gone)": false, "attribute_not_exists(gone)": true,
		"attribute_not_exists(doc)": false, "attribute_exists(nul)": true, "attribute_not_exists (gone)": true,
		"begins_with(s, :ban)": true, "begins_with(s, :z)": false, "begins_with(n, :ban)": false,
		"begins_with(gone, :ban)": false, "begins_with(:s, :ban)": true,
	} {
		sc := testScope(t)
		n, err := parseCondition("ConditionExpression", expression, sc)
		require.NoError(t, err, expression)
		require.Equal(t, want, n.holds(item), expression)
	}
}

func TestConditionsOnAnItemThatDoesNotExist(t *testing.T) {
	for expression, want := range map[string]bool{"attribute_not_exists(p)": true, "attribute_exists(p)": false, "n = :n": false, "n <> :n": true} {
		n, err := parseCondition("ConditionExpression", expression, testScope(t))
		require.NoError(t, err)
		require.Equal(t, want, n.holds(nil), expression)
	}
}

func TestInvalidConditionsAreRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"":                        "The expression can not be empty;",
		"s":                       `Syntax error; token: "<EOF>", near: "s"`,
		"s = ":                    `Syntax error; token: "<EOF>", near: "= "`,
		"s == :s":                 `Syntax error; token: "=", near: "== :s"`,
		"s = :s AND":              `Syntax error; token: "<EOF>", near: "AND"`,
		"s = :s n = :n":           `Syntax error; token: "n", near: ":s n ="`,
		"(s = :s":                 `Syntax error; token: "<EOF>", near: ":s"`,
		"s = 5":                   `Syntax error; token: "5", near: "= 5"`,
		"_s = :s":                 `Syntax error; token: "_", near: "_s"`,
		"s = 'x'":                 `Syntax error; token: "'", near: "= 'x"`,
		"n IN (:n)":               "The embedded cloud does not implement IN",
		"l[-1] = :s":              "The embedded cloud does not implement document paths; attribute: l",
		"doc.a = :s":              "The embedded cloud does not implement document paths; attribute: doc",
		"s = :s AND n":            `Syntax error; token: "<EOF>", near: "n"`,
		"NOT NOT s = :s":          `Syntax error; token: "NOT", near: "NOT NOT s"`,
		"s + n = :s":              `Syntax error; token: "+", near: "s + n"`,
		"(s = :s) = :s":           `Syntax error; token: "=", near: ") = :s"`,
		"attribute_exists(s) = s": "The function is not allowed to be used this way in an expression; function: attribute_exists",
		"begins_with(s, :a) > n":  "The function is not allowed to be used this way in an expression; function: begins_with",
		"contains(s, :a)":         "The embedded cloud does not implement the function contains",
		"size(s) > :n":            "The embedded cloud does not implement the function size",
		"attribute_type(s, :a)":   "The embedded cloud does not implement the function attribute_type",
		"exists(s)":               "Invalid function name; function: exists",
		"((s = :s))":              "The expression has redundant parentheses;",
		"(s) = :s":                `Syntax error; token: ")", near: "s) ="`,
		"s = (:s)":                `Syntax error; token: "(", near: "= (:s"`,
		"name = :s":               "Attribute name is a reserved keyword; reserved keyword: name",
		"Status = :s":             "Attribute name is a reserved keyword; reserved keyword: Status",
		"#nope = :s":              "An expression attribute name used in the document path is not defined; attribute name: #nope",
		"s = :nope":               "An expression attribute value used in expression is not defined; attribute value: :nope",
		"begins_with(s)":          "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
		"attribute_exists(:s)":    "Operator or function requires a document path; operator or function: attribute_exists",
	} {
		_, err := parseCondition("FilterExpression", expression, testScope(t))
		require.Error(t, err, expression)
		require.Equal(t, "ValidationException", wire.Code(err))
		require.Equal(t, "Invalid FilterExpression: "+want, message(err), expression)
	}
}

func TestPlaceholdersMustBeUsedAndWellFormed(t *testing.T) {
	scopeError := func(names map[string]string, values Map, expressions bool) string {
		_, err := newScope(names, values, expressions)
		require.Error(t, err)
		return message(err)
	}
	require.Equal(t, "ExpressionAttributeNames can only be specified when using expressions", scopeError(map[string]string{"#a": "a"}, nil, false))
	require.Equal(t, "ExpressionAttributeValues must not be empty", scopeError(nil, Map{}, true))
	require.Equal(t, `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`, scopeError(map[string]string{"a": "a"}, nil, true))
	require.Equal(t, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":a-b"`, scopeError(nil, Map{":a-b": Null{}}, true))

	sc, err := newScope(map[string]string{"#a": "a", "#b": "b"}, Map{":x": Null{}, ":y": Null{}}, true)
	require.NoError(t, err)
	_, err = parseCondition("ConditionExpression", "#a = :x", sc)
	require.NoError(t, err)
	require.Equal(t, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}", message(sc.unused()))
	_, err = parseCondition("FilterExpression", "#b = :x", sc)
	require.NoError(t, err)
	require.Equal(t, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}", message(sc.unused()))
}
