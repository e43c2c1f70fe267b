package integration_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// header is what requests to the checker's API need beside their body.
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

// order captures an order and returns its id.
func (c *checkerOutputs) order(t *testing.T, body string, header ...string) string {
	t.Helper()
	r := c.post(t, "/order", body, header...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var o struct{ OrderID string }
	decode(t, r.body, &o)
	require.NotEmpty(t, o.OrderID)
	return o.OrderID
}

type status struct {
	Status string
	Logs   []string
}

func (c *checkerOutputs) status(t *testing.T, orderID string) status {
	t.Helper()
	r := call(t, http.MethodGet, c.URL+"/order/"+orderID+"/status", "", c.header()...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var s status
	decode(t, r.body, &s)
	return s
}

// decided waits until an order is shipped or rejected.
func (c *checkerOutputs) decided(t *testing.T, orderID string) (s status) {
	t.Helper()
	eventually(t, "the order is decided", func() bool {
		s = c.status(t, orderID)
		return s.Status == "Shipped" || s.Status == "Rejected"
	})
	return s
}

// given sets a customer's account and a product's stock, and returns their ids.
func (c *checkerOutputs) given(t *testing.T, balance string, pieces int) (customer, product string) {
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

func orderOf(customer, product string, qty int, total string) string {
	return fmt.Sprintf(`{"customerId":%q,"items":[{"productId":%q,"qty":%d}],"totalAmount":%s}`, customer, product, qty, total)
}
