// Package coffeeclient is a client and load generator for the HTTP API of the coffee patterns. It places random orders concurrently, and
// counts and times the answers.
package coffeeclient

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Client calls the HTTP API of a coffee pattern. An answer with another status than the contract's success status is a *load.StatusError.
type Client struct {
	api *load.Client
}

// NewClient returns a client of the API at base, which has no slash at the end, for atOnce concurrent requests.
func NewClient(base string, atOnce int) *Client { return &Client{api: load.NewClient(base, atOnce)} }

// Authorized sets how the client authenticates, and returns the client. authorize is nil for an API that allows every caller.
func (c *Client) Authorized(authorize auth.Authorize) *Client {
	c.api.Authorize = authorize
	return c
}

// Place sends an order and returns its id.
func (c *Client) Place(ctx context.Context, o coffee.Order) (orderID string, err error) {
	body, err := coffee.EncodeJSON(map[string]coffee.Order{"order": o})
	if err != nil {
		return "", err
	}
	answer, err := c.api.Post(ctx, "/order", nil, body, http.StatusAccepted)
	if err != nil {
		return "", err
	}
	// The Orchestrator's answer may have no orderid. The id is then the client's, or else the id of the request.
	var accepted struct{ OrderID, RequestID string }
	if err := json.Unmarshal(answer, &accepted); err != nil || accepted.OrderID+accepted.RequestID == "" {
		return "", fmt.Errorf("the order was accepted without an orderid: %.200s", answer)
	}
	return cmp.Or(accepted.OrderID, o.OrderID, accepted.RequestID), nil
}

// Item gets the active order of an account at a vendor, as JSON.
func (c *Client) Item(ctx context.Context, accountID, vendorID string) (json.RawMessage, error) {
	query := url.Values{"accountid": {accountID}, "vendorid": {vendorID}}
	answer, err := c.api.Get(ctx, "/order?"+query.Encode())
	if err != nil {
		return nil, err
	}
	var found struct{ Item json.RawMessage }
	if err := json.Unmarshal(answer, &found); err != nil || found.Item == nil {
		return nil, fmt.Errorf("the answer has no Item: %.200s", answer)
	}
	return found.Item, nil
}

// Invoice gets the latest invoice of an account, or of an account at one vendor: first its URL, then the document.
func (c *Client) Invoice(ctx context.Context, accountID, vendorID string) ([]byte, error) {
	query := url.Values{"accountid": {accountID}}
	if vendorID != "" {
		query.Set("vendorid", vendorID)
	}
	answer, err := c.api.Get(ctx, "/invoice?"+query.Encode())
	if err != nil {
		return nil, err
	}
	var address string
	if err := json.Unmarshal(answer, &address); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON string with a URL: %.200s", answer)
	}
	document, err := c.api.Fetch(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("fetching the invoice: %w", err)
	}
	return document, nil
}
