// Package checkerclient is a client and load generator for the HTTP API of the checker pattern. It sets accounts and stock, places random
// orders concurrently, and counts and times the answers. Audit checks that the results are consistent.
package checkerclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// Client calls the HTTP API of the checker pattern. An answer with another status than the contract's success status is a
// *load.StatusError.
type Client struct {
	api *load.Client
}

// NewClient returns a client of the API at base, which has no slash at the end, for atOnce concurrent requests. apiKey is the value of the
// usage plan's API key; "" if the API requires none.
func NewClient(base, apiKey string, atOnce int) *Client {
	c := &Client{api: load.NewClient(base, atOnce)}
	if apiKey != "" {
		c.api.Header.Set("X-Api-Key", apiKey)
	}
	return c
}

// Authorized sets how the client authenticates, and returns the client. authorize is nil for an API that allows every caller.
func (c *Client) Authorized(authorize auth.Authorize) *Client {
	c.api.Authorize = authorize
	return c
}

// SetAccount sets the balance of a customer's account.
func (c *Client) SetAccount(ctx context.Context, customerID string, balance money.Amount) error {
	body := map[string]any{"customerId": customerID, "balance": balance}
	if _, err := c.post(ctx, "/account", "", body, http.StatusAccepted); err != nil {
		return fmt.Errorf("setting the account of customer %s: %w", customerID, err)
	}
	return nil
}

// SetStock sets the number of pieces in stock of a product.
func (c *Client) SetStock(ctx context.Context, productID string, pieces int64) error {
	body := map[string]any{"productId": productID, "balance": pieces}
	if _, err := c.post(ctx, "/stock", "", body, http.StatusAccepted); err != nil {
		return fmt.Errorf("setting the stock of product %s: %w", productID, err)
	}
	return nil
}

// AddToAccount adds to the balance of a customer's account, and returns the new one. A negative amount is subtracted. The key makes the
// request idempotent, as in Place.
func (c *Client) AddToAccount(ctx context.Context, key, customerID string, amount money.Amount) (money.Amount, error) {
	balance, err := c.add(ctx, "/account", key, map[string]any{"customerId": customerID, "add": amount})
	if err != nil {
		return 0, fmt.Errorf("adding %s to the account of customer %s: %w", amount, customerID, err)
	}
	return balance, nil
}

// AddToStock adds to the number of pieces in stock of a product, and returns the new one. A negative number is subtracted. The key makes
// the request idempotent, as in Place.
func (c *Client) AddToStock(ctx context.Context, key, productID string, pieces int64) (int64, error) {
	balance, err := c.add(ctx, "/stock", key, map[string]any{"productId": productID, "add": pieces})
	if err != nil {
		return 0, fmt.Errorf("adding %d to the stock of product %s: %w", pieces, productID, err)
	}
	left, _ := balance.Int()
	return left, nil
}

func (c *Client) add(ctx context.Context, path, key string, body any) (money.Amount, error) {
	answer, err := c.post(ctx, path, key, body, http.StatusAccepted)
	if err != nil {
		return 0, err
	}
	var got struct{ UpdatedPayload struct{ Balance json.Number } }
	if err := json.Unmarshal(answer, &got); err != nil {
		return 0, fmt.Errorf("reading the new balance: %w: %.200s", err, answer)
	}
	balance, err := money.ParseJSON(got.UpdatedPayload.Balance.String())
	if err != nil {
		return 0, fmt.Errorf("reading the new balance: %w: %.200s", err, answer)
	}
	return balance, nil
}

// request is the body of POST /order. It has no id: the API assigns it.
type request struct {
	CustomerID  string         `json:"customerId"`
	Items       []checker.Item `json:"items"`
	TotalAmount money.Amount   `json:"totalAmount"`
}

func requestOf(o checker.Order) request { return request{o.CustomerID, o.Items, o.TotalAmount} }

// captured is the answer to POST /order. Its totalAmount is a JSON number.
type captured struct {
	checker.Record
	TotalAmount json.Number `json:"totalAmount"`
}

// Place sends an order and returns it as the API stored it. The key, 1 to 128 printable ASCII characters without spaces, makes the request
// idempotent: a repetition with the same key is the same order. With "" each request is a new order.
func (c *Client) Place(ctx context.Context, key string, o checker.Order) (checker.Record, error) {
	answer, err := c.post(ctx, "/order", key, requestOf(o), http.StatusOK)
	if err != nil {
		return checker.Record{}, err
	}
	var got captured
	if err := json.Unmarshal(answer, &got); err != nil {
		return checker.Record{}, fmt.Errorf("reading the captured order: %w: %.200s", err, answer)
	}
	rec := got.Record
	if rec.TotalAmount, err = money.ParseJSON(got.TotalAmount.String()); err != nil {
		return checker.Record{}, fmt.Errorf("the order was captured with totalAmount %q: %w", got.TotalAmount, err)
	}
	switch {
	case rec.OrderID == "":
		return checker.Record{}, fmt.Errorf("the order was captured without an orderId: %s", answer)
	case !rec.Same(o):
		return checker.Record{}, fmt.Errorf("another order was captured than was sent: %s", answer)
	}
	return rec, nil
}

// Status returns an order's status, and what each step logged.
func (c *Client) Status(ctx context.Context, orderID string) (checker.Status, []string, error) {
	answer, err := c.api.Get(ctx, "/order/"+url.PathEscape(orderID)+"/status")
	if err != nil {
		return "", nil, err
	}
	var found struct {
		Status checker.Status
		Logs   []string
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return "", nil, fmt.Errorf("reading the status of order %s: %w: %.200s", orderID, err, answer)
	}
	return found.Status, found.Logs, nil
}

func (c *Client) post(ctx context.Context, path, key string, body any, want int) ([]byte, error) {
	doc, err := coffee.EncodeJSON(body)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return c.api.Post(ctx, path, header, doc, want)
}
