package checker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

const request = `{"customerId":"c1","items":[{"productId":"123","qty":2},{"productId":"456","qty":1}],"totalAmount":10.5}`

func TestARequestIsReadExactly(t *testing.T) {
	o, err := checker.ParseRequest([]byte(request))
	require.NoError(t, err)
	require.Equal(t, checker.Order{
		CustomerID: "c1", Items: []checker.Item{{ProductID: "123", Qty: 2}, {ProductID: "456", Qty: 1}}, TotalAmount: 105_000,
	}, o)
}

func TestNumbersMayBeSpeltAsJSONAllows(t *testing.T) {
	for in, want := range map[string]checker.Order{
		`{"customerId":"c","items":[{"productId":"p","qty":2.0}],"totalAmount":0}`:                        {Items: []checker.Item{{ProductID: "p", Qty: 2}}},
		`{"customerId":"c","items":[{"productId":"p","qty":1e4}],"totalAmount":1e11}`:                     {Items: []checker.Item{{ProductID: "p", Qty: 10_000}}, TotalAmount: money.FromInt(checker.MaxAmount)},
		`{"customerId":"c","items":[{"productId":"p","qty":1}],"totalAmount":99999999999.9999}`:           {Items: []checker.Item{{ProductID: "p", Qty: 1}}, TotalAmount: 999_999_999_999_999},
		`{"customerId":"c","items":[{"productId":"p","qty":1}],"totalAmount":0.0001000}`:                  {Items: []checker.Item{{ProductID: "p", Qty: 1}}, TotalAmount: 1},
		`{"customerId":"c","items":[{"productId":"p","qty":1}],"totalAmount":-0}`:                         {Items: []checker.Item{{ProductID: "p", Qty: 1}}},
		`{"totalAmount":1,"items":[{"qty":1,"productId":"p"}],"customerId":"c"}` + strings.Repeat(" ", 9): {Items: []checker.Item{{ProductID: "p", Qty: 1}}, TotalAmount: 10_000},
	} {
		want.CustomerID = "c"
		o, err := checker.ParseRequest([]byte(in))
		require.NoError(t, err, in)
		require.Equal(t, want, o, in)
	}
}

// with replaces a part of request.
func with(old, new string) string { return strings.Replace(request, old, new, 1) }

func TestRequestsAreRefusedWithThePathOfEveryFault(t *testing.T) {
	amount := "totalAmount: must be a number from 0 to 100000000000 with at most 4 decimal places, got "
	qty := "items[0].qty: must be an integer from 1 to 10000, got "
	for in, want := range map[string]string{
		"":                    "body: is empty",
		"order=1":             "body: is not valid JSON",
		`[]`:                  "body: must be an object, got an array",
		request + "{}":        "body: has more data",
		`{}`:                  "customerId: is missing; items: is missing; totalAmount: is missing",
		with(`"c1"`, `""`):    "customerId: must be 1 to 128 of the characters",
		with(`"c1"`, `"a/b"`): `got "a/b"`,
		with(`"c1"`, `7`):     "customerId: must be a string, got 7",
		with(`"c1"`, `null`):  "customerId: must be a string, got null",
		with(`"c1"`, `"`+strings.Repeat("c", 129)+`"`):            "customerId: must be 1 to 128",
		with(`10.5`, `"10.5"`):                                    amount + `"10.5"`,
		with(`10.5`, `-0.01`):                                     amount + "-0.01",
		with(`10.5`, `0.00001`):                                   amount + "0.00001",
		with(`10.5`, `100000000000.0001`):                         amount + "100000000000.0001",
		with(`10.5`, `1e400`):                                     amount + "1e400",
		with(`10.5`, `true`):                                      amount + "true",
		with(`10.5`, `null`):                                      amount + "null",
		with(`"qty":2`, `"qty":"2"`):                              qty + `"2"`,
		with(`"qty":2`, `"qty":0`):                                qty + "0",
		with(`"qty":2`, `"qty":-1`):                               qty + "-1",
		with(`"qty":2`, `"qty":1.5`):                              qty + "1.5",
		with(`"qty":2`, `"qty":10001`):                            qty + "10001",
		with(`"qty":2`, `"qty":null`):                             qty + "null",
		with(`"qty":1`, `"qty":{}`):                               "items[1].qty: must be an integer from 1 to 10000, got an object",
		with(`,"qty":1`, ``):                                      "items[1].qty: is missing",
		with(`"456"`, `456`):                                      "items[1].productId: must be a string, got 456",
		with(`"456"`, `".."`):                                     "items[1].productId: must not be a dot",
		with(`"qty":2`, `"qty":2,"price":1`):                      `items[0]: has an unknown field "price" (known: productId, qty)`,
		with(`"qty":2`, `"qty":2,"qty":3`):                        "body: has the key items.[0].qty twice",
		with(`{"productId":"123","qty":2}`, `"123"`):              `items[0]: must be an object, got "123"`,
		with(`"customerId"`, `"customerid"`):                      `body: has an unknown field "customerid" (known: customerId, items, totalAmount); customerId: is missing`,
		with(`{"customerId"`, `{"orderId":"mine","customerId"`):   `body: has an unknown field "orderId"`,
		with(`{"customerId"`, `{"status":"Shipped","customerId"`): `body: has an unknown field "status"`,
		`{"customerId":"c1","items":[],"totalAmount":1}`:          "items: must have 1 to 50 elements, has 0",
		`{"customerId":"c1","items":{},"totalAmount":1}`:          "items: must be an array, got an object",
		`{"customerId":"c1","items":[` + strings.Repeat(`{"productId":"p","qty":1},`, 50) + `{"productId":"p","qty":1}],"totalAmount":1}`: "items: must have 1 to 50 elements, has 51",
		`{"customerId":"/","items":[{"productId":"/","qty":0}],"totalAmount":-1}`:                                                         `customerId: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "/"; items[0].productId: must be`,
	} {
		_, err := checker.ParseRequest([]byte(in))
		var invalid *strictjson.Invalid
		require.ErrorAs(t, err, &invalid, in)
		require.Contains(t, err.Error(), want, in)
	}
}

func TestSeveralOrdersAreReadInTheirOrder(t *testing.T) {
	orders, err := checker.ParseRequests([]byte(`{"orders":[` + request + `,` + with(`"c1"`, `"c2"`) + `]}`))
	require.NoError(t, err)
	require.Len(t, orders, 2)
	require.Equal(t, "c1", orders[0].CustomerID)
	require.Equal(t, "c2", orders[1].CustomerID)

	most := `{"orders":[` + strings.Repeat(request+",", 99) + request + `]}`
	orders, err = checker.ParseRequests([]byte(most))
	require.NoError(t, err)
	require.Len(t, orders, 100)
}

func TestOneInvalidOrderRefusesAllAndIsNamed(t *testing.T) {
	for in, want := range map[string]string{
		``:               "body: is empty",
		`[]`:             "body: must be an object, got an array",
		`{}`:             "orders: is missing",
		`{"orders":{}}`:  "orders: must be an array, got an object",
		`{"orders":[]}`:  "orders: must have 1 to 100 elements, has 0",
		`{"orders":[1]}`: "orders[0]: must be an object, got 1",
		`{"orders":[` + strings.Repeat(request+",", 100) + request + `]}`:   "orders: must have 1 to 100 elements, has 101",
		`{"orders":[` + request + `,` + with(`"qty":1`, `"qty":"1"`) + `]}`: `orders[1].items[1].qty: must be an integer from 1 to 10000, got "1"`,
		`{"orders":[` + request + `,` + with(`10.5`, `"10.5"`) + `]}`:       "orders[1].totalAmount: must be a number",
		`{"orders":[` + with(`"c1"`, `1`) + `,` + with(`"c1"`, `2`) + `]}`:  "orders[0].customerId: must be a string, got 1; orders[1].customerId: must be a string, got 2",
		`{"orders":[` + with(`{"customerId"`, `{"a":1,"customerId"`) + `]}`: `orders[0]: has an unknown field "a"`,
		`{"orders":[` + request + `],"more":1}`:                             `body: has an unknown field "more" (known: orders)`,
	} {
		orders, err := checker.ParseRequests([]byte(in))
		require.Nil(t, orders, in)
		var invalid *strictjson.Invalid
		require.ErrorAs(t, err, &invalid, in)
		require.Contains(t, err.Error(), want, in)
	}
}

func TestReferences(t *testing.T) {
	id, err := checker.ParseReference([]byte(`{"orderId":"o1"}`))
	require.NoError(t, err)
	require.Equal(t, "o1", id)
	for in, want := range map[string]string{
		``: "body: is empty", `"o1"`: `body: must be an object, got "o1"`, `{}`: "orderId: is missing", `{"orderId":1}`: "orderId: must be a string, got 1",
		`{"orderId":"a b"}`: "orderId: must be 1 to 128", `{"orderId":"o1","force":true}`: `body: has an unknown field "force"`,
	} {
		_, err := checker.ParseReference([]byte(in))
		require.ErrorContains(t, err, want, in)
	}
}

func TestReferencesToSeveralOrders(t *testing.T) {
	most := make([]string, checker.MaxOrders)
	for i := range most {
		most[i] = fmt.Sprint("o", i)
	}
	for _, ids := range [][]string{{"o1"}, {"o1", "o2"}, most} {
		message, err := checker.EncodeReferences(ids)
		require.NoError(t, err)
		got, err := checker.ParseReferences(message)
		require.NoError(t, err)
		require.Equal(t, ids, got)
	}
	for in, want := range map[string]string{
		``: "body: is empty", `[]`: "body: must be an object, got an array", `{}`: "orderIds: is missing", `{"orderId":"o1"}`: `body: has an unknown field "orderId"`,
		`{"orderIds":"o1"}`: `orderIds: must be an array, got "o1"`, `{"orderIds":[]}`: "orderIds: must have 1 to 100 elements, has 0",
		`{"orderIds":["o1","a b",7]}`: `orderIds[1]: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "a b"; orderIds[2]: must be a string, got 7`,
	} {
		ids, err := checker.ParseReferences([]byte(in))
		require.ErrorContains(t, err, want, in)
		require.Nil(t, ids)
	}
}

func orders() *rapid.Generator[checker.Order] {
	id := rapid.StringMatching(`[A-Za-z0-9_-]{1,128}`)
	return rapid.Custom(func(t *rapid.T) checker.Order {
		o := checker.Order{
			OrderID: id.Draw(t, "order"), CustomerID: id.Draw(t, "customer"),
			TotalAmount: money.Amount(rapid.Int64Range(0, int64(money.FromInt(checker.MaxAmount))).Draw(t, "ten-thousandths")),
		}
		for i := range rapid.IntRange(1, checker.MaxItems).Draw(t, "items") {
			o.Items = append(o.Items, checker.Item{ProductID: id.Draw(t, fmt.Sprint("product", i)), Qty: rapid.Int64Range(1, checker.MaxQty).Draw(t, "qty")})
		}
		return o
	})
}

func TestAnOrderIsUnchangedByEncodingAndParsing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := orders().Draw(t, "order")
		message, err := o.JSON()
		require.NoError(t, err)
		back, err := checker.Parse(message)
		require.NoError(t, err)
		require.Equal(t, o, back)
	})
	_, err := checker.Parse([]byte(request))
	require.EqualError(t, err, "orderId: is missing")
}
