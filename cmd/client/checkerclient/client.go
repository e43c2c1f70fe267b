// Package checkerclient is a client of the HTTP API of the CheckerPipeline pattern, and a source of load for it: accounts, stock
// and random orders, placed many at a time, their answers counted and timed. Books tell whether what became of the
// orders adds up.
package checkerclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// Client calls the HTTP API of a checker pattern. An answer with another status than the contract's for success is a
// *load.StatusError.
type Client struct {
	api *load.Client
}

// NewClient makes a client of the API at base, which has no slash at the end, for so many requests at once. apiKey is
// the value of the usage plan's API key; "" if the API asks for none.
func NewClient(base, apiKey string, atOnce int) *Client {
	c := &Client{api: load.NewClient(base, atOnce)}
	if apiKey != "" {
		c.api.Header.Set("X-Api-Key", apiKey)
	}
	return c
}

// SetAccount makes the balance of a customer's account what it is, whatever it was.
func (c *Client) SetAccount(ctx context.Context, customerID string, balance money.Amount) error {
	body := map[string]any{"customerId": customerID, "balance": balance}
	if _, err := c.post(ctx, "/account", "", body, http.StatusAccepted); err != nil {
		return fmt.Errorf("setting the account of customer %s: %w", customerID, err)
	}
	return nil
}

// SetStock makes the number of pieces in stock of a product what it is, whatever it was.
func (c *Client) SetStock(ctx context.Context, productID string, pieces int64) error {
	body := map[string]any{"productId": productID, "balance": pieces}
	if _, err := c.post(ctx, "/stock", "", body, http.StatusAccepted); err != nil {
		return fmt.Errorf("setting the stock of product %s: %w", productID, err)
	}
	return nil
}

// request is an order as POST /order takes it: without an id, which the API assigns.
type request struct {
	CustomerID  string         `json:"customerId"`
	Items       []checker.Item `json:"items"`
	TotalAmount money.Amount   `json:"totalAmount"`
}

func requestOf(o checker.Order) request { return request{o.CustomerID, o.Items, o.TotalAmount} }

// Place posts an order and gives it as it was captured. With a key, 1 to 128 printable ASCII characters without spaces,
// the request may be repeated: it is still the same order. With "" each request is another.
func (c *Client) Place(ctx context.Context, key string, o checker.Order) (checker.Record, error) {
	answer, err := c.post(ctx, "/order", key, requestOf(o), http.StatusOK)
	if err != nil {
		return checker.Record{}, err
	}
	var rec captured
	if err := decode(answer, &rec); err != nil {
		return checker.Record{}, fmt.Errorf("reading the captured order: %w", err)
	}
	return rec.of(o)
}

// Failed is an order of PlaceAll that was not captured.
type Failed struct {
	Index      int    // of the order in the request
	CustomerID string // the order's
	// What Place would have failed with.
	Status      int
	Description string
}

// PlaceAll posts 1 to checker.MaxOrders orders in one request. It gives those that were captured, in the order of the
// request, and those that were not. The error means that none was. The key is as in Place.
func (c *Client) PlaceAll(ctx context.Context, key string, orders []checker.Order) ([]checker.Record, []Failed, error) {
	var body struct {
		Orders []request `json:"orders"`
	}
	for _, o := range orders {
		body.Orders = append(body.Orders, requestOf(o))
	}
	answer, err := c.post(ctx, "/orders", key, body, http.StatusOK)
	if err != nil {
		return nil, nil, err
	}
	var placed struct {
		Orders []captured
		Failed []Failed
	}
	if err := decode(answer, &placed); err != nil {
		return nil, nil, fmt.Errorf("reading the captured orders: %w", err)
	}
	records, err := match(orders, placed.Orders, placed.Failed)
	return records, placed.Failed, err
}

// Status tells how far an order has come, and what each step found.
func (c *Client) Status(ctx context.Context, orderID string) (checker.Status, []string, error) {
	answer, err := c.api.Get(ctx, "/order/"+url.PathEscape(orderID)+"/status")
	if err != nil {
		return "", nil, err
	}
	var found struct {
		Status checker.Status
		Logs   []string
	}
	if err := decode(answer, &found); err != nil {
		return "", nil, fmt.Errorf("reading the status of order %s: %w", orderID, err)
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
