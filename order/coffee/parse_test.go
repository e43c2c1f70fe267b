package coffee_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// clock is the time at which the tests' requests are accepted.
var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const request = `{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01 08:30:00.123456","city":"Zürich",
	"details":{"coffeetype":"Flat <White>","coffeesize":"large","unitprice":"3.50","quantity":2},"eventtype":["new_order"]}}`

func TestParseRequestReadsTheContract(t *testing.T) {
	got, err := coffee.ParseRequest([]byte(request), clock)
	require.NoError(t, err)
	price, err := money.Parse("3.5")
	require.NoError(t, err)
	require.Equal(t, coffee.Order{
		AccountID: "a0", VendorID: "v0", City: "Zürich", EventType: coffee.NewOrder,
		OrderDate: time.Date(2026, 3, 1, 8, 30, 0, 123456000, time.UTC),
		Details:   coffee.Details{CoffeeType: "Flat <White>", CoffeeSize: "large", UnitPrice: price, Quantity: 2},
	}, got)
}

func TestCanonicalFormIsFixed(t *testing.T) {
	o, err := coffee.ParseRequest([]byte(request), clock)
	require.NoError(t, err)
	o.OrderID = "o-1"
	doc, err := o.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"orderid":"o-1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00.123456Z","city":"Zürich",`+
		`"details":{"coffeetype":"Flat <White>","coffeesize":"large","unitprice":3.5,"quantity":2},"eventtype":["new_order"]}`, string(doc))
	back, err := coffee.Parse(doc)
	require.NoError(t, err)
	require.Equal(t, o, back)
}

// with returns the valid request with one field set (a dotted path), or removed if value is nil.
func with(t *testing.T, path string, value any) []byte {
	t.Helper()
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(request))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&doc))
	at := doc
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		at = at[name].(map[string]any)
	}
	if value == nil {
		delete(at, names[len(names)-1])
	} else {
		at[names[len(names)-1]] = value
	}
	body, err := json.Marshal(doc)
	require.NoError(t, err)
	return body
}

type raw = json.RawMessage

func TestParseRequestNamesTheFieldThatIsWrong(t *testing.T) {
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"order", nil, "order: is missing"},
		{"order", "x", `order: must be an object, got "x"`},
		{"order", raw("null"), "order: must be an object, got null"},
		{"order", raw("[]"), "order: must be an object, got an array"},
		{"orders", 1, `body: has an unknown field "orders"`},
		{"order.acountid", "a", `order: has an unknown field "acountid"`},
		{"order.AccountID", "a", `order: has an unknown field "AccountID"`},
		{"order.details.size", 1, `order.details: has an unknown field "size"`},
		{"order.accountid", nil, "order.accountid: is missing"},
		{"order.accountid", 7, "order.accountid: must be a string, got 7"},
		{"order.accountid", raw("null"), "order.accountid: must be a string, got null"},
		{"order.accountid", "", "order.accountid: must be 1 to 128"},
		{"order.accountid", long, "order.accountid: must be 1 to 128"},
		{"order.accountid", "a/b", `order.accountid: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "a/b"`},
		{"order.accountid", "..", "order.accountid: must not be a dot or hold two dots"},
		{"order.accountid", ".", "order.accountid: must not be a dot"},
		{"order.accountid", "a..b", "order.accountid: must not be a dot or hold two dots"},
		{"order.accountid", "é", "order.accountid: must be 1 to 128"},
		{"order.accountid", "a\x00", `order.accountid: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "a\u0000"`},
		{"order.accountid", "a b", "order.accountid: must be 1 to 128"},
		{"order.vendorid", "v#0", "order.vendorid: must be 1 to 128"},
		{"order.orderid", "", "order.orderid: must be 1 to 80"},
		{"order.orderid", long[:81], "order.orderid: must be 1 to 80 of the characters"},
		{"order.orderid", raw("null"), "order.orderid: must be a string, got null"},
		{"order.orderdate", nil, "order.orderdate: is missing"},
		{"order.orderdate", 1700000000, "order.orderdate: must be a time"},
		{"order.orderdate", "yesterday", `got "yesterday"`},
		{"order.orderdate", "2026-03-01", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-02-30T00:00:00Z", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01T08:30:00", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01 08:30:00Z", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01 08:30:00+02:00", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01T8:30:00Z", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01T08:30:00,5Z", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01T08:30:00+24:00", "order.orderdate: must be a time"},
		{"order.orderdate", "2026-03-01T08:30:00-01:60", "order.orderdate: must be a time"},
		{"order.orderdate", "9999-12-31T23:59:59-01:00", "order.orderdate: must be a time"},
		{"order.orderdate", "0000-01-01T00:00:00+01:00", "order.orderdate: must be a time"},
		{"order.orderdate", "0001-01-01T00:00:00+14:00", "order.orderdate: must not be before 2000-01-01T00:00:00Z, got 0000-12-31T10:00:00Z"},
		{"order.orderdate", "1999-12-31T23:59:59.999999Z", "order.orderdate: must not be before 2000-01-01T00:00:00Z, got 1999-12-31T23:59:59.999999Z"},
		{"order.orderdate", "2000-01-01T00:00:00+00:01", "order.orderdate: must not be before 2000-01-01T00:00:00Z, got 1999-12-31T23:59:00Z"},
		{"order.orderdate", "2026-03-01T12:05:00.000001Z", "order.orderdate: must not be more than 5 minutes ahead of the clock, got 2026-03-01T12:05:00.000001Z"},
		{"order.orderdate", "2026-03-01T12:05:00-00:01", "order.orderdate: must not be more than 5 minutes ahead of the clock, got 2026-03-01T12:06:00Z"},
		{"order.orderdate", "9999-12-31T23:59:59Z", "order.orderdate: must not be more than 5 minutes ahead of the clock, got 9999-12-31T23:59:59Z"},
		{"order.city", nil, "order.city: is missing"},
		{"order.city", "", "order.city: must be 1 to 128 characters"},
		{"order.city", "  ", "order.city: must be 1 to 128 characters, not all blank"},
		{"order.city", long, "order.city: must be 1 to 128 characters"},
		{"order.city", "a\nb", "order.city: must be 1 to 128 characters"},
		{"order.city", raw(`"\ud800"`), "order.city: must be 1 to 128 characters"},
		{"order.city", true, "order.city: must be a string, got true"},
		{"order.details", nil, "order.details: is missing"},
		{"order.details", "x", "order.details: must be an object"},
		{"order.details.coffeetype", nil, "order.details.coffeetype: is missing"},
		{"order.details.coffeesize", 5, "order.details.coffeesize: must be a string"},
		{"order.details.unitprice", nil, "order.details.unitprice: is missing"},
		{"order.details.unitprice", -1, "order.details.unitprice: must be a number, or a decimal string without exponent, from 0 to 1000000 with at most 4 decimal places, got -1"},
		{"order.details.unitprice", "abc", `got "abc"`},
		{"order.details.unitprice", raw("1e400"), "got 1e400"},
		{"order.details.unitprice", "1e-400", `got "1e-400"`},
		{"order.details.unitprice", "1e2", `got "1e2"`},
		{"order.details.unitprice", raw("1e-9"), "got 1e-9"},
		{"order.details.unitprice", raw("1e999999999"), "got 1e999999999"},
		{"order.details.unitprice", raw("1000000.0001"), "order.details.unitprice: must be"},
		{"order.details.unitprice", raw("0.00001"), "order.details.unitprice: must be"},
		{"order.details.unitprice", "", "order.details.unitprice: must be"},
		{"order.details.unitprice", raw("null"), "order.details.unitprice: must be"},
		{"order.details.unitprice", raw("[1]"), "order.details.unitprice: must be"},
		{"order.details.quantity", nil, "order.details.quantity: is missing"},
		{"order.details.quantity", 0, "order.details.quantity: must be an integer from 1 to 10000, got 0"},
		{"order.details.quantity", 1.5, "order.details.quantity: must be an integer from 1 to 10000, got 1.5"},
		{"order.details.quantity", "x", `order.details.quantity: must be an integer from 1 to 10000, got "x"`},
		{"order.details.quantity", "2", `order.details.quantity: must be an integer from 1 to 10000, got "2"`},
		{"order.details.quantity", raw("1000000000"), "order.details.quantity: must be an integer from 1 to 10000, got 1000000000"},
		{"order.details.quantity", raw("1e5"), "order.details.quantity: must be an integer from 1 to 10000, got 1e5"},
		{"order.details.quantity", raw("15e-1"), "order.details.quantity: must be an integer from 1 to 10000, got 15e-1"},
		{"order.details.quantity", raw("1e999999999"), "order.details.quantity: must be an integer from 1 to 10000, got 1e999999999"},
		{"order.details.quantity", raw("true"), "order.details.quantity: must be an integer from 1 to 10000, got true"},
		{"order.eventtype", "new_order", `order.eventtype: must be ["new_order"] or ["order_completed"], got "new_order"`},
		{"order.eventtype", raw("[]"), "order.eventtype: must be"},
		{"order.eventtype", []string{"gone"}, `order.eventtype: must be ["new_order"] or ["order_completed"], got ["gone"]`},
		{"order.eventtype", []string{"new_order", "order_completed"}, "got an array of 2"},
		{"order.eventtype", raw("[[]]"), "order.eventtype: must be"},
		{"order.eventtype", raw("null"), "order.eventtype: must be"},
	} {
		t.Run(fmt.Sprintf("%s=%.20v", c.path, c.value), func(t *testing.T) {
			_, err := coffee.ParseRequest(with(t, c.path, c.value), clock)
			var invalid *coffee.InvalidOrder
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid.Faults, 1, err.Error())
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 400)
		})
	}
}

func TestParseRequestAcceptsTheLimits(t *testing.T) {
	for _, c := range []struct {
		path  string
		value any
		want  string // part of the canonical form
	}{
		{"order.accountid", strings.Repeat("x", 128), strings.Repeat("x", 128)},
		{"order.accountid", ".a.-_.", `".a.-_."`},
		{"order.vendorid", "-", `"vendorid":"-"`},
		{"order.orderid", "my-order_1", `"orderid":"my-order_1"`},
		{"order.orderid", strings.Repeat("x", 80), strings.Repeat("x", 80)},
		{"order.city", strings.Repeat("ü", 128), strings.Repeat("ü", 128)},
		{"order.city", "L'Aquila & Æ 東京", `"city":"L'Aquila & Æ 東京"`},
		{"order.details.unitprice", 0, `"unitprice":0,`},
		{"order.details.unitprice", "1000000.0000", `"unitprice":1000000,`},
		{"order.details.unitprice", raw("0.0001"), `"unitprice":0.0001,`},
		{"order.details.unitprice", raw("3.10"), `"unitprice":3.1,`},
		{"order.details.unitprice", raw("35e-1"), `"unitprice":3.5,`},
		{"order.details.unitprice", raw("1.0E-4"), `"unitprice":0.0001,`},
		{"order.details.quantity", 10000, `"quantity":10000}`},
		{"order.details.quantity", raw("1e2"), `"quantity":100}`},
		{"order.details.quantity", raw("2.0"), `"quantity":2}`},
		{"order.orderdate", "2026-03-01T08:30:00Z", `"2026-03-01T08:30:00Z"`},
		{"order.orderdate", "2026-03-01T08:30:00.1234567+02:00", `"2026-03-01T06:30:00.123456Z"`},
		{"order.orderdate", "2026-02-28T08:30:00-23:59", `"2026-03-01T08:29:00Z"`},
		{"order.orderdate", "2026-03-01 08:30:00", `"2026-03-01T08:30:00Z"`},
		{"order.orderdate", "2026-03-01 08:30:00.5", `"2026-03-01T08:30:00.5Z"`},
		{"order.orderdate", "2000-01-01T00:00:00Z", `"2000-01-01T00:00:00Z"`},
		{"order.orderdate", "1999-12-31T23:59:00-00:01", `"2000-01-01T00:00:00Z"`},
		{"order.orderdate", "2026-03-01T12:05:00.0000009Z", `"2026-03-01T12:05:00Z"`},
		{"order.eventtype", nil, `"eventtype":["new_order"]`},
	} {
		t.Run(fmt.Sprintf("%s=%.20v", c.path, c.value), func(t *testing.T) {
			o, err := coffee.ParseRequest(with(t, c.path, c.value), clock)
			require.NoError(t, err)
			doc, err := o.JSON()
			require.NoError(t, err)
			require.Contains(t, string(doc), c.want)
		})
	}
}

func TestAllFaultsComeInOneMessage(t *testing.T) {
	_, err := coffee.ParseRequest([]byte(`{"order":{"accountid":"a/b","details":{"quantity":0,"unitprice":"abc","coffeetype":"x"},"colour":1}}`), clock)
	require.EqualError(t, err, strings.Join([]string{
		`order: has an unknown field "colour" (known: orderid, accountid, vendorid, orderdate, city, details, eventtype)`,
		`order.accountid: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "a/b"`,
		"order.vendorid: is missing",
		"order.orderdate: is missing",
		"order.city: is missing",
		"order.details.coffeesize: is missing",
		`order.details.unitprice: must be a number, or a decimal string without exponent, from 0 to 1000000 with at most 4 decimal places, got "abc"`,
		"order.details.quantity: must be an integer from 1 to 10000, got 0",
	}, "; "))
}

func TestMessagesStayShortWhateverIsSent(t *testing.T) {
	fields := map[string]any{}
	for i := range 1000 {
		fields[strings.Repeat("k", i+1)] = 1
	}
	maps.Copy(fields, map[string]any{"city": strings.Repeat("c", 100_000), "accountid": strings.Repeat("é", 10_000)})
	body, err := json.Marshal(map[string]any{"order": fields})
	require.NoError(t, err)
	_, err = coffee.ParseRequest(body, clock)
	require.ErrorContains(t, err, "and 98")
	require.Less(t, len(err.Error()), 5000)
}

func TestBodyThatIsNoJSONIsAnInvalidOrder(t *testing.T) {
	for in, want := range map[string]string{
		"": "body: is empty", "order=1": "body: is not valid JSON", "[]": "body: must be an object, got an array",
		"null": "body: must be an object, got null", `"x"`: "body: must be an object",
		`{"order":{"city":"a","city":"b"}}`: "body: has the key order.city twice",
	} {
		_, asRequest := coffee.ParseRequest([]byte(in), clock)
		_, asOrder := coffee.Parse([]byte(in))
		for _, err := range []error{asRequest, asOrder} {
			var invalid *coffee.InvalidOrder
			require.ErrorAs(t, err, &invalid, in)
			require.ErrorContains(t, err, want)
		}
	}
}

func TestCompletionNeedsOnlyTheKeysAndTheDate(t *testing.T) {
	o, err := coffee.ParseRequest([]byte(`{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T09:00:00Z","eventtype":["order_completed"]}}`), clock)
	require.NoError(t, err)
	require.True(t, o.Completed())
	o.OrderID = "o1"
	doc, err := o.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T09:00:00Z","eventtype":["order_completed"]}`, string(doc))
	back, err := coffee.Parse(doc)
	require.NoError(t, err)
	require.Equal(t, o, back)

	_, err = coffee.ParseRequest([]byte(`{"order":{"accountid":"a0","eventtype":["order_completed"]}}`), clock)
	require.EqualError(t, err, "order.vendorid: is missing; order.orderdate: is missing")
}

func TestTheDetailsOfACompletionAreValidatedAndDropped(t *testing.T) {
	o, err := coffee.ParseRequest(with(t, "order.eventtype", []string{"order_completed"}), clock)
	require.NoError(t, err)
	require.Empty(t, o.City)
	require.Zero(t, o.Details)

	_, err = coffee.ParseRequest([]byte(`{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T09:00:00Z","eventtype":["order_completed"],"details":{"quantity":0}}}`), clock)
	require.EqualError(t, err, "order.details.quantity: must be an integer from 1 to 10000, got 0")
}

func TestCanonicalFormNeedsTheOrderID(t *testing.T) {
	_, err := coffee.Parse([]byte(`{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T09:00:00Z","eventtype":["order_completed"]}`))
	require.EqualError(t, err, "orderid: is missing")
	_, err = coffee.Parse([]byte(request))
	require.ErrorContains(t, err, `body: has an unknown field "order"`)
}
