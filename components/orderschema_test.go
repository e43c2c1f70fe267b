package components

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// schemaOf compiles a schema as API Gateway does: JSON schema, draft 4.
func schemaOf(t testing.TB, schema any) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(schema)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	require.NoError(t, c.AddResource("https://test.invalid/order.json", doc))
	compiled, err := c.Compile("https://test.invalid/order.json")
	require.NoError(t, err)
	return compiled
}

func accepts(schema *jsonschema.Schema, body string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// parseTask parses a body as the machine's tasks do. It does not compare the date with a clock, which no schema can do.
func parseTask(body string) (coffee.Order, error) {
	s, err := coffee.ParseSubmission([]byte(strings.Replace(body, "{", `{"orderid":"assigned",`, 1)))
	return s.Order, err
}

// number is written to a body unchanged.
type number = json.RawMessage

// bodyWith returns a valid body with some fields of order replaced, by path; nil removes a field.
func bodyWith(t require.TestingT, change map[string]any) string {
	details := map[string]any{"coffeetype": "latte", "coffeesize": "large", "unitprice": number("3.5"), "quantity": number("2")}
	o := map[string]any{
		"accountid": "a0", "vendorid": "v0", "orderdate": "2026-03-01T08:30:00Z", "city": "Berlin", "details": details,
		"eventtype": []any{"new_order"},
	}
	doc := map[string]any{"order": o}
	for _, path := range slices.Sorted(maps.Keys(change)) {
		in, name := o, path
		if rest, ok := strings.CutPrefix(path, "details."); ok {
			in, name = details, rest
		} else if rest, ok := strings.CutPrefix(path, "/"); ok {
			in, name = doc, rest
		}
		in[name] = change[path]
		if change[path] == nil {
			delete(in, name)
		}
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(text)
}

func TestTheOrderSchemaAcceptsGoodOrders(t *testing.T) {
	schema := schemaOf(t, orderSchema())
	long := strings.Repeat("x", 128)
	for _, c := range []struct {
		path   string
		values []any
	}{
		{"eventtype", []any{nil, []any{"new_order"}, []any{"order_completed"}}},
		{"accountid", []any{"a", long, ".a.-_.", "-", "A-Z_0.9"}},
		{"vendorid", []any{"v", long, "_"}},
		{"orderid", []any{"my-order_1", long[:80], "0190163d-8694-739b-aea5-966c26f8ad90"}},
		{"orderdate", []any{
			"2026-03-01T08:30:00Z", "2026-03-01 08:30:00", "2026-03-01 08:30:00.123456", "2026-03-01T08:30:00.1+02:00", "2026-12-31T23:59:59-23:59",
			"2024-02-29 00:00:00", "2000-02-29T00:00:00Z", "2026-02-28 00:00:00", "2026-04-30 00:00:00", "2026-01-31 00:00:00",
			"2000-01-01T00:00:00Z", "1999-12-31T23:59:59-00:01", "2000-01-01T00:00:00-23:59", "2400-02-29 00:00:00", "9999-12-31T23:59:59.9999999999Z",
		}},
		{"city", []any{"B", "L'Aquila & Æ 東京", " padded\u3000", "🙂", strings.Repeat("ü", 128), strings.Repeat("🙂", 128), "\u200b", `"\`}},
		{"details.coffeetype", []any{"flat <white>", "\u00a0x"}},
		{"details.coffeesize", []any{"1"}},
		{"details.unitprice", []any{
			number("0"), number("3.5"), number("0.0001"), number("1000000"), number("1e2"), number("35e-1"), number("1.0E-4"), number("-0"), number("3.500000"),
			number("0e9"), "0", "3.5", "3.50000000", "1000000", "1000000.000", "0.0001", "007", "000000001000000", "999999.9999", "-0", "-0.00",
		}},
		{"details.quantity", []any{number("1"), number("10000"), number("2.0"), number("1e2"), number("1E+4"), number("100e-2")}},
	} {
		for _, v := range c.values {
			body := bodyWith(t, map[string]any{c.path: v})
			require.NoError(t, accepts(schema, body), body)
			_, err := parseTask(body)
			require.NoError(t, err, body)
		}
	}
	for _, completion := range []map[string]any{
		{"city": nil}, {"details": nil}, {"city": nil, "details": nil}, {"details.quantity": nil}, {"details": map[string]any{}},
	} {
		completion["eventtype"] = []any{"order_completed"}
		body := bodyWith(t, completion)
		require.NoError(t, accepts(schema, body), body)
		_, err := parseTask(body)
		require.NoError(t, err, body)
	}
}

// What the schema refuses is a 400. The rest becomes an execution that fails at once with the error InvalidOrder.
func TestTheFirstStateRefusesWhatTheOrderSchemaDoesNotDetect(t *testing.T) {
	schema := schemaOf(t, orderSchema())
	long := strings.Repeat("x", 129)
	bad := []string{"[]", "null", `"x"`, "1", "{}", `{"order":null}`, `{"order":[]}`, `{"order":{}}`, `{"order":"x"}`}
	for _, c := range []struct {
		path   string
		values []any
	}{
		{"/other", []any{1}},
		{"colour", []any{"red"}},
		{"AccountID", []any{"a0"}},
		{"details.milk", []any{"oat"}},
		{"accountid", []any{nil, number("null"), 7, "", ".", "..", "a..b", "..a", "a..", "a/b", "a b", "é", "a\x00", "a\n", "\na", long, []any{"a"}}},
		{"vendorid", []any{nil, "", "v#0", "v/..", long}},
		{"orderid", []any{number("null"), "", 5, long[:81], "a/b", "a..b"}},
		{"orderdate", []any{
			nil, number("null"), 1700000000, "", "yesterday", "2026-03-01", "2026-03-01T08:30:00", "2026-03-01 08:30:00Z", "2026-03-01 08:30:00+02:00",
			"2026-03-01T8:30:00Z", "2026-03-01T08:30:00,5Z", "2026-03-01T08:30:00.Z", "2026-03-01 08:30:00.", "2026-03-01t08:30:00z", "26-03-01T08:30:00Z",
			"2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31 00:00:00", "2026-06-31 00:00:00",
			"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T08:60:00Z",
			"2026-03-01T08:30:60Z", "2026-03-01T08:30:00+24:00", "2026-03-01T08:30:00+01:60", "2026-03-01T08:30:00+0100", "2026-03-01T08:30:00+1:00",
			"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", " 2026-03-01T08:30:00Z", "2026-03-01T08:30:00Z\n", "2026-03-01  08:30:00", "２０26-03-01 08:30:00",
		}},
		{"city", []any{nil, number("null"), true, "", " ", "\u3000\u00a0 ", "\u2028", "a\nb", "\t", "a\x7f", "a\u0085", "\ufffd", number(`"\ud800"`), long, strings.Repeat("🙂", 129)}},
		{"details", []any{nil, number("null"), "x", []any{}, map[string]any{}}},
		{"details.coffeetype", []any{nil, 5, "", "\u2003"}},
		{"details.coffeesize", []any{nil, number("null"), "\x1b[0m"}},
		{"details.unitprice", []any{
			nil, number("null"), number("-1"), number("-0.0001"), number("0.00001"), number("1000000.0001"), number("1000001"), number("1e400"), number("1e-9"),
			number("1e7"), number("true"), []any{1}, map[string]any{}, "", "abc", "1e2", "-1", "+1", ".5", "5.", "1,5", " 1", "1 ", "0.00001", "1000000.0001", "1000001",
			"10000000", "NaN", "0x10", "٣", "1.2.3", "--0",
		}},
		{"details.quantity", []any{nil, number("null"), number("0"), number("-1"), number("1.5"), number("10001"), number("1e5"), number("15e-1"), number("1e-1"), "2", true}},
		{"eventtype", []any{number("null"), "new_order", []any{}, []any{"gone"}, []any{"new_order", "new_order"}, []any{"new_order", "order_completed"}, []any{[]any{}}, []any{nil}, map[string]any{}}},
	} {
		for _, v := range c.values {
			bad = append(bad, bodyWith(t, map[string]any{c.path: v}))
		}
	}
	// The optional fields of a completion are validated too.
	for path, v := range map[string]any{"details.quantity": 0, "city": " ", "accountid": nil, "vendorid": nil, "orderdate": nil, "details.x": 1} {
		bad = append(bad, bodyWith(t, map[string]any{"eventtype": []any{"order_completed"}, path: v}))
	}
	passed := map[string]int{} // by the path of the first fault
	for _, body := range bad {
		_, err := parseTask(body)
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid, body)
		input, err := json.Marshal(map[string]any{"orderid": "r-1", "requestid": "r-1", "accepted": 1772353800000, "body": body, "execution": "r-1"})
		require.NoError(t, err)
		_, err = coffee.ParseSubmission(input)
		require.ErrorAs(t, err, &invalid, body)
		if accepts(schema, body) == nil {
			passed[invalid.Faults[0].Path]++
		}
	}
	require.Equal(t, map[string]int{
		// An unknown field; a new order without city or details.
		"body": 1, "order": 2, "order.city": 1, "order.details": 3, "order.details.coffeetype": 2, "order.details.coffeesize": 1,
		// A date that is not in the year 9999 any more in UTC; other than one event type.
		"order.orderdate": 1, "order.eventtype": 3,
		// Missing; too many decimals; another type than number and string; a fraction.
		"order.details.unitprice": 7, "order.details.quantity": 3,
	}, passed, "a few of %d", len(bad))
}

// values generates values for any field: valid ones, values at a limit or just beyond it, and arbitrary ones.
func values() *rapid.Generator[any] {
	strange := rapid.StringOf(rapid.OneOf(
		rapid.Rune(), rapid.SampledFrom([]rune(" \t\n\r.-_/:TZ+09aé\u0000\u007f\u0085\u00a0\u2003\u2028\u3000\ufeff\ufffd🙂")),
	))
	sized := rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{79, 80, 81, 127, 128, 129}).Draw(t, "length")
		return strings.Repeat(rapid.SampledFrom([]string{"x", ".", "ü", "🙂", " "}).Draw(t, "of"), n)
	})
	field := func(t *rapid.T, low, high int) string {
		n := rapid.OneOf(rapid.IntRange(low, high), rapid.SampledFrom([]int{low - 1, low, high, high + 1})).Draw(t, "field")
		return fmt.Sprintf("%02d", max(n, 0))
	}
	date := rapid.Custom(func(t *rapid.T) string {
		year := rapid.OneOf(rapid.SampledFrom([]string{"0000", "0001", "1900", "2000", "2024", "2026", "9998", "9999"}), rapid.StringMatching(`[0-9]{4}`)).Draw(t, "year")
		s := year + "-" + field(t, 1, 12) + "-" + field(t, 28, 31) + rapid.SampledFrom([]string{"T", " ", "t", ""}).Draw(t, "between")
		s += field(t, 0, 23) + ":" + field(t, 0, 59) + ":" + field(t, 0, 59)
		s += rapid.StringMatching(`(\.[0-9]{0,12})?`).Draw(t, "fraction")
		switch rapid.IntRange(0, 3).Draw(t, "zone") {
		case 0:
			return s
		case 1:
			return s + rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign") + field(t, 0, 23) + ":" + field(t, 0, 59)
		}
		return s + "Z"
	})
	// The exponent stays within the range that a gateway supports.
	numbers := rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,7})(\.[0-9]{1,7})?([eE][+-]?[0-9]{1,2})?`), func(s string) any { return number(s) })
	return rapid.OneOf(
		strange.AsAny(), sized.AsAny(), date.AsAny(), numbers,
		rapid.StringMatching(`-?[0-9]{0,8}(\.[0-9]{0,7})?(e[0-9])?`).AsAny(), rapid.StringMatching(coffee.IDPattern).AsAny(),
		rapid.SampledFrom([]any{
			nil, number("null"), true, []any{}, map[string]any{}, []any{"new_order"}, []any{"order_completed"}, []any{"new_order", "order_completed"},
			"new_order", "", " ", number("1"), number("10000"), number("10001"), "1000000", "1000000.0001",
			map[string]any{"quantity": 1}, map[string]any{"coffeetype": "a", "coffeesize": "b", "unitprice": "1", "quantity": 1},
		}),
	)
}

// passes asserts that the schema accepts a body if it is a valid order. It returns whether the body is one.
func passes(t *rapid.T, schema *jsonschema.Schema, body string) bool {
	o, err := parseTask(body)
	if err != nil || o.OrderDate.Year() < 2000 {
		return false
	}
	require.NoError(t, accepts(schema, body), body)
	return true
}

func TestTheOrderSchemaRefusesNoValidOrder(t *testing.T) {
	schema := schemaOf(t, orderSchema())
	paths := []string{
		"accountid", "vendorid", "orderid", "orderdate", "city", "eventtype", "details", "details.coffeetype", "details.coffeesize",
		"details.unitprice", "details.quantity", "colour", "details.milk", "/order", "/other",
	}
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.MapOfN(rapid.SampledFrom(paths), values(), 1, 3).Draw(t, "change")
		// Most changes make an order invalid, so a change that keeps it valid is drawn often.
		if rapid.Bool().Draw(t, "one only") {
			for path := range change {
				change = map[string]any{path: change[path]}
				break
			}
		}
		if passes(t, schema, bodyWith(t, change)) {
			valid++
		}
	})
	require.NotZero(t, valid)
}

// Changing a single field reaches more cases than changing many, because more of the values are valid.
func TestEachFieldOfTheOrderSchemaIsNoNarrowerThanTheFunctions(t *testing.T) {
	schema := schemaOf(t, orderSchema())
	for path, near := range map[string]*rapid.Generator[any]{
		"accountid":          rapid.StringMatching(`[a.Z_\-/ é]{0,8}`).AsAny(),
		"orderdate":          rapid.StringMatching(`(1999|2000|202[0-9]|2100|2400|9998|9999)-(0[1-9]|1[0-2])-(0[1-2]|2[89]|3[0-1])[T ]([01][0-9]|2[0-3]):(00|59):(00|59)(\.[0-9]{1,10})?(Z|[+-](0[01]|23):(00|59))?`).AsAny(),
		"city":               rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(" \t\u0085\u00a0\u1680\u2000\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff\ufffd"))), 0, 4, -1).AsAny(),
		"details.unitprice":  rapid.StringMatching(`-?0{0,2}[0-9]{0,8}(\.[0-9]{0,5}0{0,2})?`).AsAny(),
		"details.quantity":   rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,4})(\.0?[0-9])?([eE][+-]?[0-9])?`), func(s string) any { return number(s) }),
		"details.coffeetype": values(),
	} {
		t.Run(path, func(t *testing.T) {
			valid := 0
			rapid.Check(t, func(t *rapid.T) {
				if passes(t, schema, bodyWith(t, map[string]any{path: near.Draw(t, path)})) {
					valid++
				}
			})
			require.NotZero(t, valid)
		})
	}
}

// AWS's list of what models do not support: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
func TestTheOrderSchemaUsesOnlyKeywordsThatEveryModelOfAPIGatewaySupports(t *testing.T) {
	supported := strings.Fields("description type required properties minimum maximum minLength maxLength pattern enum items")
	described := 0
	var walk func(path string, schema map[string]any, property bool)
	walk = func(path string, schema map[string]any, property bool) {
		if property {
			require.NotEmpty(t, schema["description"], path)
			described++
		}
		for keyword, v := range schema {
			require.Contains(t, supported, keyword, path)
			switch keyword {
			case "type":
				require.Contains(t, []any{"object", "array", "string", "number"}, v, path)
			case "enum":
				for _, value := range v.([]any) {
					require.IsType(t, "", value, path)
				}
			case "properties":
				for name, child := range v.(map[string]any) {
					walk(path+"."+name, child.(map[string]any), true)
				}
			case "items":
				walk(path+".items", v.(map[string]any), false)
			}
		}
	}
	text, err := json.Marshal(orderSchema())
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	walk("", schema, true)
	require.Equal(t, 13, described)
}
