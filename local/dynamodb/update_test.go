package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestUpdates(t *testing.T) {
	const (
		item = `{"n":{"N":"10"},"s":{"S":"x"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]},
			"d":{"M":{"a":{"N":"1"},"l":{"L":[{"M":{"k":{"S":"v"}}}]}}}}`
		values = `{":n":{"N":"2.5"},":s":{"S":"y"},":l":{"L":[{"S":"end"}]},":z":{"S":"z"}}`
	)
	for expression, want := range map[string]string{ // what the attributes named become; null if gone
		"SET n = :s":                   `{"n":{"S":"y"}}`,
		"set n = n + :n":               `{"n":{"N":"12.5"}}`,
		"SET n = n - :n, x = n":        `{"n":{"N":"7.5"},"x":{"N":"10"}}`, // values are those before the update
		"SET n = s, s = n":             `{"n":{"S":"x"},"s":{"N":"10"}}`,
		"SET l = list_append(l, :l)":   `{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"},{"S":"end"}]}}`,
		"SET n = d":                    `{"n":{"M":{"a":{"N":"1"},"l":{"L":[{"M":{"k":{"S":"v"}}}]}}}}`,
		"REMOVE n, x":                  `{"n":null,"x":null}`,
		"ADD n :n, x :n":               `{"n":{"N":"12.5"},"x":{"N":"2.5"}}`,
		"SET n = :s REMOVE s ADD x :n": `{"n":{"S":"y"},"s":null,"x":{"N":"2.5"}}`,
	} {
		t.Run(expression, func(t *testing.T) {
			old, before := decode(t, item), decode(t, item)
			sc, err := newScope(nil, decode(t, values), true)
			require.NoError(t, err)
			u, err := parseUpdate(expression, sc)
			require.NoError(t, err)
			got, err := u.apply(old)
			require.NoError(t, err)
			require.Equal(t, before, old, "the old item is left as it was")

			var changed map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(want), &changed))
			expected := decode(t, item)
			for name, text := range changed {
				delete(expected, name)
				if string(text) != "null" {
					expected[name] = decode(t, fmt.Sprintf(`{%q:%s}`, name, text))[name]
				}
			}
			require.Equal(t, expected, got)
		})
	}
}

func TestInvalidUpdatesAreRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"SET":                          `Syntax error; token: "<EOF>", near: "SET"`,
		"SET a :s":                     `Syntax error; token: ":s", near: "a :s"`,
		"CHANGE a = :s":                `Syntax error; token: "CHANGE", near: "CHANGE a"`,
		"SET a = :s,":                  `Syntax error; token: "<EOF>", near: ","`,
		"SET a = :n + :n + :n":         `Syntax error; token: "+", near: ":n + :n"`,
		"SET a = (:n + :n) - :n":       `Syntax error; token: "(", near: "= (:n"`,
		"ADD a b":                      `Syntax error; token: "b", near: "a b"`,
		"SET a = :s SET b = :s":        `The "SET" section can only be used once in an update expression;`,
		"SET a = size(b)":              "The embedded cloud does not implement the function size",
		"SET status = :s":              "Attribute name is a reserved keyword; reserved keyword: status",
		"SET a = :s, a = :n":           "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
		"SET a = :s REMOVE b, a":       "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
		"SET a[1] = :s":                "The embedded cloud does not implement document paths; attribute: a",
		"REMOVE a.b[1].c":              "The embedded cloud does not implement document paths; attribute: a",
		"ADD a :s":                     "Incorrect operand type for operator or function; operator: ADD, operand type: S",
		"SET a = if_not_exists(b, :n)": "The embedded cloud does not implement the function if_not_exists",
		"DELETE a :n":                  "The embedded cloud does not implement DELETE, which works on sets",
	} {
		sc, err := newScope(nil, Map{":s": String("s"), ":n": Number("1")}, true)
		require.NoError(t, err)
		_, err = parseUpdate(expression, sc)
		require.Error(t, err, expression)
		require.Equal(t, "Invalid UpdateExpression: "+want, message(err), expression)
	}
}

func TestUpdatesThatAnItemDoesNotAllow(t *testing.T) {
	item := decode(t, `{"n":{"N":"1"},"s":{"S":"x"},"l":{"L":[]},"big":{"N":"9e125"}}`)
	const (
		operand = "An operand in the update expression has an incorrect data type"
		absent  = "The provided expression refers to an attribute that does not exist in the item"
	)
	for expression, want := range map[string]string{
		"SET x = gone":              absent,
		"SET n = gone + :n":         absent,
		"SET x = s + :n":            operand,
		"SET x = list_append(n, l)": operand,
		"ADD s :n":                  operand,
		"SET big = big + big":       "Number overflow. Attempting to store a number with magnitude larger than supported range",
	} {
		sc, err := newScope(nil, Map{":n": Number("1")}, true)
		require.NoError(t, err)
		u, err := parseUpdate(expression, sc)
		require.NoError(t, err, expression)
		_, err = u.apply(item)
		require.Error(t, err, expression)
		require.Equal(t, want, message(err), expression)
	}
}

// TestUpdatesAgreeWithAModel applies random updates of counters and lists, and compares with plain Go.
func TestUpdatesAgreeWithAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counters := map[string]int{}
		want := List{}
		item := Map{"elems": List{}}
		for step := range rapid.IntRange(1, 20).Draw(t, "steps") {
			name, by := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "counter"), rapid.IntRange(-9, 9).Draw(t, "by")
			counters[name] += by
			expression := fmt.Sprintf("ADD %s :by", name)
			values := Map{":by": Number(fmt.Sprint(by))}
			if item[name] != nil && rapid.Bool().Draw(t, "set") {
				expression = fmt.Sprintf("SET %s = %s + :by", name, name)
			}
			if rapid.Bool().Draw(t, "append") {
				want = append(want, Number(fmt.Sprint(step)))
				values[":e"] = List{want[len(want)-1]}
				set := "elems = list_append(elems, :e)"
				if strings.HasPrefix(expression, "SET") {
					expression += ", " + set
				} else {
					expression += " SET " + set
				}
			}
			sc, err := newScope(nil, values, true)
			require.NoError(t, err)
			u, err := parseUpdate(expression, sc)
			require.NoError(t, err)
			require.NoError(t, sc.unused())
			item, err = u.apply(item)
			require.NoError(t, err)
		}
		for name, n := range counters {
			require.Equal(t, Number(fmt.Sprint(n)), item[name])
		}
		require.Equal(t, want, item["elems"])
	})
}

func TestProjections(t *testing.T) {
	item := decode(t, sample)
	for expression, want := range map[string]string{
		"s, n":    `{"s":{"S":"banana"},"n":{"N":"10"}}`,
		"gone":    `{}`,
		"gone, s": `{"s":{"S":"banana"}}`,
	} {
		keep, err := parseProjection(expression, testScope(t))
		require.NoError(t, err)
		require.Equal(t, decode(t, want), keep.of(item), expression)
	}
	for expression, want := range map[string]string{
		"a, b,":   `Syntax error; token: "<EOF>", near: ","`,
		"a = b":   `Syntax error; token: "=", near: "a = b"`,
		"a, b, a": "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
		"a.b":     "The embedded cloud does not implement document paths; attribute: a",
		"year":    "Attribute name is a reserved keyword; reserved keyword: year",
	} {
		_, err := parseProjection(expression, testScope(t))
		require.Error(t, err)
		require.Equal(t, "Invalid ProjectionExpression: "+want, message(err), expression)
	}
}
