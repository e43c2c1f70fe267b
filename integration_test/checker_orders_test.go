package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestBalancesAreSet(t *testing.T) {
	c := checkerPattern(t)
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

func TestOrderWithCreditAndStockIsShipped(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "100.25", 5)
	r := c.post(t, "/order", checkerOrder(customer, product, 2, "30.5"))
	require.Equal(t, http.StatusOK, r.status, r.body)
	var captured map[string]any
	decode(t, r.body, &captured)
	id, _ := captured["orderId"].(string)
	require.NoError(t, uuid.Validate(id))
	require.Equal(t, map[string]any{
		"orderId": id, "customerId": customer, "items": []any{map[string]any{"productId": product, "qty": json.Number("2")}},
		"totalAmount": json.Number("30.5"), "status": "Pending", "accountChecked": false, "stockChecked": false, "logs": []any{},
	}, captured)

	s := c.waitForDecision(t, id)
	require.Equal(t, "Shipped", s.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Sufficient stock", "Shipped"}, s.Logs)
	// The customer has 69.75 left, and there are 3 in stock.
	require.Equal(t, "Rejected", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 1, "69.76"))).Status)
	require.Equal(t, "Rejected", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 4, "1"))).Status)
	require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 3, "69.75"))).Status)
}

func TestRejectedOrderHasTheReasonInItsLogs(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "12", 1)
	for name, tt := range map[string]struct{ body, log string }{
		"total over the balance":  {checkerOrder(customer, product, 1, "30"), "Insufficient account balance: 30 wanted, 12 left"},
		"quantity over the stock": {checkerOrder(customer, product, 3, "1"), "Insufficient stock of " + product + ": 3 wanted, 1 left"},
		"unknown customer":        {checkerOrder("nobody-"+customer, product, 1, "1"), "Unknown customer nobody-" + customer},
		"unknown product":         {checkerOrder(customer, "nothing-"+product, 1, "1"), "Unknown product nothing-" + product},
		"the same product twice": {
			fmt.Sprintf(`{"customerId":%q,"items":[{"productId":%q,"qty":1},{"productId":%q,"qty":1}],"totalAmount":1}`, customer, product, product),
			"Insufficient stock of " + product + ": 2 wanted, 1 left",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.waitForDecision(t, c.placeOrder(t, tt.body))
			require.Equal(t, "Rejected", s.Status)
			require.Contains(t, s.Logs, tt.log)
		})
	}
	require.Zero(t, countMessages(t, c.failureQueues()...), "a rejection is not a failure")
}

func TestOrdersOfSeveralCustomersInOneRequest(t *testing.T) {
	c := checkerPattern(t)
	one, product := c.newCustomerAndProduct(t, "10", 10)
	other, _ := c.newCustomerAndProduct(t, "10", 10)
	r := c.post(t, "/orders", `{"orders":[`+checkerOrder(one, product, 1, "3")+","+checkerOrder(other, product, 2, "4")+`]}`)
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
		require.Equal(t, "Shipped", c.waitForDecision(t, got.Orders[i].OrderID).Status)
	}
}
