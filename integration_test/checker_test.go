package integration_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// header returns the headers that requests to the checker's API need.
func (c *checkerOutputs) header() []string {
	if c.APIKey == "" {
		return nil
	}
	return []string{"X-Api-Key", c.APIKey}
}

func (c *checkerOutputs) post(t *testing.T, path, body string, header ...string) response {
	t.Helper()
	return call(t, http.MethodPost, c.URL+path, body, append(header, c.header()...)...)
}

// placeOrder places an order and returns its id.
func (c *checkerOutputs) placeOrder(t *testing.T, body string, header ...string) string {
	t.Helper()
	r := c.post(t, "/order", body, header...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var o struct{ OrderID string }
	decode(t, r.body, &o)
	require.NotEmpty(t, o.OrderID)
	return o.OrderID
}

type orderStatus struct {
	Status string
	Logs   []string
}

func (c *checkerOutputs) status(t *testing.T, orderID string) orderStatus {
	t.Helper()
	r := call(t, http.MethodGet, c.URL+"/order/"+orderID+"/status", "", c.header()...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var s orderStatus
	decode(t, r.body, &s)
	return s
}

// waitForDecision waits until an order is shipped or rejected.
func (c *checkerOutputs) waitForDecision(t *testing.T, orderID string) (s orderStatus) {
	t.Helper()
	eventually(t, "the order is shipped or rejected", func() bool {
		s = c.status(t, orderID)
		return s.Status == "Shipped" || s.Status == "Rejected"
	})
	return s
}

// newCustomerAndProduct sets the balance of a new customer's account and the stock of a new product, and returns their ids.
func (c *checkerOutputs) newCustomerAndProduct(t *testing.T, balance string, pieces int) (customer, product string) {
	t.Helper()
	customer, product = newAccount(), newAccount()
	for path, body := range map[string]string{
		"/account": fmt.Sprintf(`{"customerId":%q,"balance":%s}`, customer, balance),
		"/stock":   fmt.Sprintf(`{"productId":%q,"balance":%d}`, product, pieces),
	} {
		r := c.post(t, path, body)
		require.Equal(t, http.StatusAccepted, r.status, r.body)
	}
	return customer, product
}

// checkerOrder returns the JSON of an order with one item.
func checkerOrder(customer, product string, qty int, total string) string {
	return fmt.Sprintf(`{"customerId":%q,"items":[{"productId":%q,"qty":%d}],"totalAmount":%s}`, customer, product, qty, total)
}
