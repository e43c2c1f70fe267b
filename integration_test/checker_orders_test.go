package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sns"
)

func TestBalancesAreSet(t *testing.T) {
	c := checkerStack(t)
	for path, key := range map[string]string{"/account": "customerId", "/stock": "productId"} {
		for _, balance := range []string{"0", "25"} {
			id := newAccount()
			r := c.post(t, path, fmt.Sprintf(`{%q:%q,"balance":%s}`, key, id, balance))
			require.Equal(t, http.StatusAccepted, r.status, r.body)
			var got struct {
				Code           int
				UpdatedPayload map[string]any
			}
			decode(t, r.body, &got)
			require.Equal(t, 202, got.Code)
			at, err := time.Parse(time.RFC3339Nano, got.UpdatedPayload["updateTime"].(string))
			require.NoError(t, err)
			require.WithinDuration(t, time.Now(), at, time.Minute)
			delete(got.UpdatedPayload, "updateTime")
			require.Equal(t, map[string]any{key: id, "balance": json.Number(balance)}, got.UpdatedPayload)
		}
	}
}

func TestAnOrderThatIsPaidAndInStockIsShipped(t *testing.T) {
	c := checkerStack(t)
	customer, product := c.given(t, "100.25", 5)
	r := c.post(t, "/order", orderOf(customer, product, 2, "30.5"))
	require.Equal(t, http.StatusOK, r.status, r.body)
	var captured map[string]any
	decode(t, r.body, &captured)
	id, _ := captured["orderId"].(string)
	require.NoError(t, uuid.Validate(id))
	require.Equal(t, map[string]any{
		"orderId": id, "customerId": customer, "items": []any{map[string]any{"productId": product, "qty": json.Number("2")}},
		"totalAmount": json.Number("30.5"), "status": "Pending", "accountChecked": false, "stockChecked": false, "logs": []any{},
	}, captured)

	s := c.decided(t, id)
	require.Equal(t, "Shipped", s.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Sufficient stock", "Shipped"}, s.Logs)
	// 69.75 and 3 are left.
	require.Equal(t, "Rejected", c.decided(t, c.order(t, orderOf(customer, product, 1, "69.76"))).Status)
	require.Equal(t, "Rejected", c.decided(t, c.order(t, orderOf(customer, product, 4, "1"))).Status)
	require.Equal(t, "Shipped", c.decided(t, c.order(t, orderOf(customer, product, 3, "69.75"))).Status)
}

func TestAnOrderIsRejectedWithTheReason(t *testing.T) {
	c := checkerStack(t)
	customer, product := c.given(t, "12", 1)
	for name, tt := range map[string]struct{ body, log string }{
		"too dear":         {orderOf(customer, product, 1, "30"), "Insufficient account balance: 30 wanted, 12 left"},
		"too many":         {orderOf(customer, product, 3, "1"), "Insufficient stock of " + product + ": 3 wanted, 1 left"},
		"unknown customer": {orderOf("nobody-"+customer, product, 1, "1"), "Unknown customer nobody-" + customer},
		"unknown product":  {orderOf(customer, "nothing-"+product, 1, "1"), "Unknown product nothing-" + product},
		"the same product twice": {
			fmt.Sprintf(`{"customerId":%q,"items":[{"productId":%q,"qty":1},{"productId":%q,"qty":1}],"totalAmount":1}`, customer, product, product),
			"Insufficient stock of " + product + ": 2 wanted, 1 left",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.decided(t, c.order(t, tt.body))
			require.Equal(t, "Rejected", s.Status)
			require.Contains(t, s.Logs, tt.log)
		})
	}
	for _, url := range c.failures() {
		waiting, held := depth(t, url)
		require.Zero(t, waiting+held, "a rejection is no failure")
	}
}

func TestOrdersOfDifferentCustomersAreCapturedTogether(t *testing.T) {
	c := checkerStack(t)
	one, product := c.given(t, "10", 10)
	other, _ := c.given(t, "10", 10)
	r := c.post(t, "/orders", `{"orders":[`+orderOf(one, product, 1, "3")+","+orderOf(other, product, 2, "4")+`]}`)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var got struct {
		Orders []struct{ OrderID, CustomerID, Status string }
		Failed []any
	}
	decode(t, r.body, &got)
	require.Len(t, got.Orders, 2)
	require.Nil(t, got.Failed)
	for i, customer := range []string{one, other} {
		require.Equal(t, customer, got.Orders[i].CustomerID)
		require.Equal(t, "Pending", got.Orders[i].Status)
		require.Equal(t, "Shipped", c.decided(t, got.Orders[i].OrderID).Status)
	}
}

func TestOneBadOrderAmongGoodOnesIsNamedAndNothingIsCaptured(t *testing.T) {
	c := checkerStack(t)
	customer, product := c.given(t, "10", 10)
	r := c.post(t, "/orders", `{"orders":[`+orderOf(customer, product, 1, "3")+","+orderOf(customer, product, 0, "4")+`]}`)
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
	require.Contains(t, description(t, r, 400), "orders[1].items[0].qty")
	time.Sleep(300 * time.Millisecond)
	require.Equal(t, "Shipped", c.decided(t, c.order(t, orderOf(customer, product, 10, "10"))).Status, "nothing was taken")
}

// description is that of an error, whose status must be this one.
func description(t *testing.T, r response, status int) string {
	t.Helper()
	var e struct {
		Status      int
		Description string
	}
	decode(t, r.body, &e)
	require.Equal(t, status, e.Status, r.body)
	require.NotEmpty(t, e.Description)
	return e.Description
}

func TestBadRequestsOfTheCheckerAreRefusedAndTheDescriptionNamesTheField(t *testing.T) {
	c := checkerStack(t)
	good := orderOf("c1", "p1", 1, "30")
	with := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	for name, tt := range map[string]struct{ path, body, names string }{
		"no body":                     {"/order", "", "body"},
		"not JSON":                    {"/order", "{order", "body"},
		"no customer":                 {"/order", with(`"customerId":"c1",`, ""), "customerId"},
		"customer is a number":        {"/order", with(`"c1"`, "7"), "customerId"},
		"customer with a slash":       {"/order", with(`"c1"`, `"a/b"`), "customerId"},
		"no items":                    {"/order", with(`"items":[{"productId":"p1","qty":1}],`, ""), "items"},
		"empty items":                 {"/order", with(`[{"productId":"p1","qty":1}]`, "[]"), "items"},
		"no product":                  {"/order", with(`"productId":"p1",`, ""), "items[0].productId"},
		"qty 0":                       {"/order", with(`"qty":1`, `"qty":0`), "items[0].qty"},
		"qty is a string":             {"/order", with(`"qty":1`, `"qty":"1"`), "items[0].qty"},
		"qty 1.5":                     {"/order", with(`"qty":1`, `"qty":1.5`), "items[0].qty"},
		"total is a string":           {"/order", with(`"totalAmount":30`, `"totalAmount":"30"`), "totalAmount"},
		"total below zero":            {"/order", with(`"totalAmount":30`, `"totalAmount":-1`), "totalAmount"},
		"an unknown field":            {"/order", with(`"customerId"`, `"custmerId":"x","customerId"`), "custmerId"},
		"no orders":                   {"/orders", "{}", "orders"},
		"orders is an object":         {"/orders", `{"orders":{}}`, "orders"},
		"empty orders":                {"/orders", `{"orders":[]}`, "orders"},
		"account without a customer":  {"/account", `{"balance":1}`, "customerId"},
		"account without a balance":   {"/account", `{"customerId":"c1"}`, "balance"},
		"account balance is a string": {"/account", `{"customerId":"c1","balance":"100"}`, "balance"},
		"account balance below zero":  {"/account", `{"customerId":"c1","balance":-1}`, "balance"},
		"stock without a product":     {"/stock", `{"balance":1}`, "productId"},
		"stock is a string":           {"/stock", `{"productId":"p1","balance":"1"}`, "balance"},
		"half a piece":                {"/stock", `{"productId":"p1","balance":0.5}`, "balance"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.post(t, tt.path, tt.body, "Content-Type", "application/json")
			require.Equal(t, http.StatusBadRequest, r.status, r.body)
			require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
			require.Contains(t, description(t, r, 400), tt.names)
		})
	}
}

func TestAnUnknownOrderIs404(t *testing.T) {
	c := checkerStack(t)
	r := call(t, http.MethodGet, c.URL+"/order/"+uuid.NewString()+"/status", "", c.header()...)
	require.Equal(t, http.StatusNotFound, r.status)
	require.JSONEq(t, `{"code":404,"message":"Order not found"}`, r.body)
}

func TestARepeatedRequestIsOneOrder(t *testing.T) {
	c := checkerStack(t)
	customer, product := c.given(t, "10", 10)
	key, body := uuid.NewString(), orderOf(customer, product, 6, "6")
	id := c.order(t, body, "Idempotency-Key", key)
	require.Equal(t, id, c.order(t, body, "Idempotency-Key", key))
	require.Equal(t, "Shipped", c.decided(t, id).Status)
	// The answer then has the order as it is.
	r := c.post(t, "/order", body, "Idempotency-Key", key)
	require.Contains(t, r.body, `"status":"Shipped"`)
	require.Equal(t, "Shipped", c.decided(t, c.order(t, orderOf(customer, product, 4, "4"))).Status, "only one was deducted")

	r = c.post(t, "/order", orderOf(customer, product, 1, "1"), "Idempotency-Key", key)
	require.Equal(t, http.StatusUnprocessableEntity, r.status, r.body)
	require.Contains(t, description(t, r, 422), "Idempotency-Key")
	r = c.post(t, "/order", body, "Idempotency-Key", "not one word")
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
}

func TestAnOrderThatWasStoredAndNotPublishedIsNotStuck(t *testing.T) {
	cloud := embedded(t)
	c := checkerStack(t)
	customer, product := c.given(t, "10", 10)
	failing := func(when fault.When, do func(context.Context, fault.Event) error) func() {
		return cloud.Account.Faults.Add(fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, When: when, Do: do})
	}
	t.Run("SNS is throttled", func(t *testing.T) {
		key, body := uuid.NewString(), orderOf(customer, product, 1, "1")
		remove := failing(fault.Before, sns.Throttled)
		r := c.post(t, "/order", body, "Idempotency-Key", key)
		remove()
		require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
		require.Contains(t, description(t, r, 503), "Idempotency-Key")
		require.Equal(t, "Shipped", c.decided(t, c.order(t, body, "Idempotency-Key", key)).Status)
	})
	t.Run("the function dies in between", func(t *testing.T) {
		key, body := uuid.NewString(), orderOf(customer, product, 1, "1")
		remove := failing(fault.Before, func(context.Context, fault.Event) error {
			cloud.Lambda.Kill(c.Functions["capture-order"].Name)
			return nil
		})
		r := c.post(t, "/order", body, "Idempotency-Key", key)
		remove()
		require.Equal(t, http.StatusBadGateway, r.status, r.body)
		require.Equal(t, "Shipped", c.decided(t, c.order(t, body, "Idempotency-Key", key)).Status)
	})
	t.Run("several orders, of which some cannot be published", func(t *testing.T) {
		t.Cleanup(cloud.Account.Faults.Add(fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, Times: 1, Do: always(refused)}))
		key, o := uuid.NewString(), orderOf(customer, product, 1, "1")
		body := `{"orders":[` + o + "," + o + "," + o + `]}`
		var got struct {
			Orders []struct{ OrderID string }
			Failed []struct {
				Index       int
				Description string
			}
		}
		r := c.post(t, "/orders", body, "Idempotency-Key", key)
		require.Equal(t, http.StatusOK, r.status, r.body)
		decode(t, r.body, &got)
		require.Len(t, got.Orders, 2)
		require.Len(t, got.Failed, 1)
		require.Contains(t, got.Failed[0].Description, "Idempotency-Key")
		r = c.post(t, "/orders", body, "Idempotency-Key", key)
		require.Equal(t, http.StatusOK, r.status, r.body)
		got.Failed = nil
		decode(t, r.body, &got)
		require.Len(t, got.Orders, 3)
		require.Empty(t, got.Failed)
		for _, o := range got.Orders {
			require.Equal(t, "Shipped", c.decided(t, o.OrderID).Status)
		}
	})
}

func TestTheCheckersAPIAnswersBrowsers(t *testing.T) {
	c := checkerStack(t)
	r := call(t, http.MethodOptions, c.URL+"/order", "", "Origin", "https://shop.example.com", "Access-Control-Request-Method", "POST")
	require.Equal(t, http.StatusOK, r.status)
	require.Contains(t, r.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key")
	r = call(t, http.MethodGet, c.URL+"/nowhere", "", c.header()...)
	require.Equal(t, http.StatusNotFound, r.status)
	require.Contains(t, description(t, r, 404), "/nowhere")
	require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
}
