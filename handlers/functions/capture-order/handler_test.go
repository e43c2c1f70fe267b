package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	injected "github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

func TestACapturedOrderIsStoredThenPublishedAndAnsweredWhole(t *testing.T) {
	w := start(t)
	r := event(t, "post-order.json")
	encoded := r
	encoded.Body, encoded.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(r.Body)), true
	for i, r := range []httpapi.Request{r, encoded} {
		var body map[string]any
		require.Equal(t, 200, w.call(t.Context(), r, &body))
		id, _ := body["orderId"].(string)
		require.NoError(t, uuid.Validate(id))
		require.Equal(t, map[string]any{
			"orderId": id, "customerId": "c1", "totalAmount": 10.5,
			"items": []any{
				map[string]any{"productId": "123", "qty": 2.0}, map[string]any{"productId": "456", "qty": 1.0}, map[string]any{"productId": "123", "qty": 1.0},
			},
			"status": "Pending", "accountChecked": false, "stockChecked": false, "logs": []any{},
		}, body)
		require.Len(t, w.published, i+1)
		require.Equal(t, w.order(id).Order, w.published[i])
		require.Equal(t, checker.Pending, w.order(id).Status)
	}
	require.NotEqual(t, w.published[0].OrderID, w.published[1].OrderID, "two requests are two orders")
}

func TestBadInputIsRefusedWithItsFieldAndNothingIsStored(t *testing.T) {
	w := start(t)
	one, many := event(t, "post-order.json"), event(t, "post-orders.json")
	with := func(r httpapi.Request, old, new string) httpapi.Request {
		require.Contains(t, r.Body, old)
		r.Body = strings.Replace(r.Body, old, new, 1)
		return r
	}
	key := func(r httpapi.Request, values ...string) httpapi.Request {
		r.Headers, r.MultiValueHeaders = maps.Clone(r.Headers), maps.Clone(r.MultiValueHeaders)
		r.MultiValueHeaders["idempotency-key"] = values
		r.Headers["idempotency-key"] = values[len(values)-1]
		return r
	}
	for name, c := range map[string]struct {
		in     httpapi.Request
		status int
		want   string
	}{
		"no body":                  {httpapi.Request{Resource: "/order"}, 400, "body: is empty"},
		"not JSON":                 {httpapi.Request{Resource: "/order", Body: "order=1"}, 400, "body: is not valid JSON"},
		"not base64":               {httpapi.Request{Resource: "/order", Body: "{", IsBase64Encoded: true}, 400, "body: is not valid base64"},
		"a string for a number":    {with(one, `"qty": 2`, `"qty": "2"`), 400, `items[0].qty: must be an integer from 1 to 10000, got "2"`},
		"a string for an amount":   {with(one, `10.5`, `"10.5"`), 400, `totalAmount: must be a number from 0`},
		"an unknown field":         {with(one, `"qty": 2`, `"qty": 2, "price": 1`), 400, `items[0]: has an unknown field "price"`},
		"several faults":           {with(with(one, `10.5`, `-1`), `"c1"`, `""`), 400, "customerId: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got \"\"; totalAmount: must be"},
		"over the limit":           {with(one, `{`, strings.Repeat(" ", httpapi.MaxBody)+`{`), 413, "more than the limit of 65536"},
		"many orders, one is bad":  {with(many, `99.99`, `"99.99"`), 400, "orders[2].totalAmount: must be a number"},
		"many orders, a bad item":  {with(many, `"456", "qty": 1`, `"456", "qty": 0`), 400, "orders[0].items[1].qty: must be an integer"},
		"many orders, none":        {httpapi.Request{Resource: "/orders", Body: `{"orders":[]}`}, 400, "orders: must have 1 to 100 elements, has 0"},
		"many orders, too long":    {with(many, `{`, strings.Repeat(" ", maxBatch)+`{`), 413, "more than the limit of 1048576"},
		"one order where many are": {httpapi.Request{Resource: "/orders", Body: one.Body}, 400, "orders: is missing"},
		"an empty key":             {key(one, ""), 400, `header Idempotency-Key: must be 1 to 128 printable ASCII characters without spaces, got ""`},
		"a key with a space":       {key(one, "a b"), 400, `got "a b"`},
		"a key with a letter more": {key(one, "é"), 400, "header Idempotency-Key: must be"},
		"a long key":               {key(one, strings.Repeat("k", 129)), 400, "header Idempotency-Key: must be"},
		"two keys":                 {key(one, "a", "b"), 400, "header Idempotency-Key: is given 2 times"},
		"another route":            {httpapi.Request{Resource: "/invoice", HTTPMethod: "GET"}, 404, "there is no GET /invoice"},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.fails(c.in)
			require.Equal(t, c.status, f.Status)
			require.Contains(t, f.Description, c.want)
		})
	}
	require.Empty(t, w.all())
	require.Empty(t, w.published)
}

func TestAnOrderThatCouldNotBeStoredIsNotPublished(t *testing.T) {
	w := start(t)
	w.db.Fault(injected.Rule{Action: "dynamodb:PutItem", Do: dynamodbtest.Answer(errors.New("AccessDenied on arn:table"))})
	require.Equal(t, fault{503, "the order was not accepted; please try again"}, w.fails(event(t, "post-order.json")))
	require.Empty(t, w.published)
}

func TestAnUnpublishedOrderIsRejectedIfTheClientCannotRepeatIt(t *testing.T) {
	w := start(t)
	w.fail = map[string]error{"": errors.New("AuthorizationError: role r is not authorized on arn:topic")}
	require.Equal(t, fault{503, "the order was not accepted; please try again"}, w.fails(event(t, "post-order.json")))
	rec := w.all()["c1"]
	require.Equal(t, checker.Rejected, rec.Status)
	require.Equal(t, []string{"The order could not be passed on to the checks"}, rec.Logs)
}

func TestPublishingToATopicThatHangsEndsBeforeTheInvocation(t *testing.T) {
	w := start(t)
	w.hang = true
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // a tenth of it is kept for the answer
	defer cancel()
	var f fault
	require.Equal(t, 503, w.call(ctx, event(t, "post-order.json"), &f))
	require.NoError(t, ctx.Err(), "there is time to answer")
	require.Equal(t, checker.Rejected, w.all()["c1"].Status)
}

type batchAnswer struct {
	Orders []answeredOrder
	Failed []failed
}

// answeredOrder has the fields of an order in an answer that the tests look at.
type answeredOrder struct {
	OrderID, CustomerID string
	Status              checker.Status
	TotalAmount         json.Number
}

func TestSeveralOrdersAreCapturedEachOnItsOwn(t *testing.T) {
	w := start(t)
	var a batchAnswer
	require.Equal(t, 200, w.call(t.Context(), event(t, "post-orders.json"), &a))
	require.Empty(t, a.Failed)
	require.Len(t, a.Orders, 3)
	stored := w.all()
	for i, want := range []struct{ customer, total string }{{"c1", "10.5"}, {"c2", "0"}, {"c3", "99.99"}} {
		require.Equal(t, answeredOrder{stored[want.customer].OrderID, want.customer, checker.Pending, json.Number(want.total)}, a.Orders[i])
	}
	require.Len(t, w.published, 3)
}

func TestABatchWithoutFailuresHasNoFieldForThem(t *testing.T) {
	w := start(t)
	var body map[string]any
	w.call(t.Context(), event(t, "post-orders.json"), &body)
	require.Equal(t, []string{"orders"}, slices.Collect(maps.Keys(body)))
}

func TestTheFailedOrdersOfABatchAreNamed(t *testing.T) {
	w := start(t)
	w.fail = map[string]error{"c2": errors.New("throttled")}
	var a batchAnswer
	require.Equal(t, 200, w.call(t.Context(), event(t, "post-orders.json"), &a))
	require.Len(t, a.Orders, 2)
	require.Equal(t, "c1", a.Orders[0].CustomerID)
	require.Equal(t, "c3", a.Orders[1].CustomerID)
	require.Equal(t, []failed{{1, "c2", 503, "the order was not accepted; please try again"}}, a.Failed)
	require.Equal(t, checker.Rejected, w.all()["c2"].Status)
	require.Equal(t, checker.Pending, w.all()["c3"].Status)
}

func TestABatchFailsIfNoOrderIsCaptured(t *testing.T) {
	w := start(t)
	w.fail = map[string]error{"": errors.New("down")}
	require.Equal(t, fault{503, "the order was not accepted; please try again"}, w.fails(event(t, "post-orders.json")))
}

func TestABatchAtItsLimits(t *testing.T) {
	w := start(t)
	long := func(c byte, i int) string {
		return strings.Repeat(string(c), 122) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "1.1-"
	}
	var orders []map[string]any
	for i := range checker.MaxOrders {
		var items []map[string]any
		for k := range checker.MaxItems {
			items = append(items, map[string]any{"productId": long('p', k), "qty": checker.MaxQty})
		}
		orders = append(orders, map[string]any{"customerId": long('c', i), "items": items, "totalAmount": checker.MaxAmount})
	}
	body, err := json.Marshal(map[string]any{"orders": orders})
	require.NoError(t, err)
	var a batchAnswer
	require.Equal(t, 200, w.call(t.Context(), httpapi.Request{Resource: "/orders", Body: string(body)}, &a))
	require.Len(t, a.Orders, checker.MaxOrders)
	require.Len(t, w.published, checker.MaxOrders)
}

func TestOnlyTheOwnAccountsOrdersAreCapturedWithAToken(t *testing.T) {
	w := start(t)
	one, many := event(t, "post-order.json"), event(t, "post-orders.json")
	own := many
	own.Body = strings.NewReplacer(`"c2"`, `"c1"`, `"c3"`, `"c1"`).Replace(many.Body)
	refused := fault{403, "not allowed for this account"}
	w.callers = caller.Check{ByToken: true}
	for name, c := range handlertest.Callers(one, "c1") {
		if !c.Allowed {
			require.Equal(t, refused, w.fails(c.Request), name)
			own.RequestContext = c.Request.RequestContext
			require.Equal(t, refused, w.fails(own), name)
			many.RequestContext = c.Request.RequestContext
			require.Equal(t, refused, w.fails(many), name)
		}
	}
	require.Equal(t, refused, w.fails(handlertest.By(many, "c1", false)), "one of them is another's, so none is captured")
	require.Equal(t, refused, w.fails(handlertest.By(many, "c3", false)))
	require.Empty(t, w.announced)
	require.Empty(t, w.published)
	require.Empty(t, w.all())

	captured := 0
	for name, c := range handlertest.Callers(one, "c1") {
		if c.Allowed {
			require.Equal(t, 200, w.call(t.Context(), c.Request, &answeredOrder{}), name)
			captured++
		}
	}
	require.Len(t, w.published, captured)
	var answer batchAnswer
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(own, "c1", false), &answer))
	require.Len(t, answer.Orders, 3)
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(many, "", true), &answer))
	require.Len(t, answer.Orders, 3)
}
