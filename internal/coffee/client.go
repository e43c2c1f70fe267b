// Package coffee is a client of the HTTP API that the coffee patterns share, and a source of load for it: random orders,
// placed many at a time, their answers counted and timed.
package coffee

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/order-patterns/order-patterns/handlers/order"
)

// requestTime bounds one request: API Gateway itself answers within 29 seconds.
const requestTime = 35 * time.Second

// maxAnswer bounds what is read of an answer; an order or an invoice is far smaller.
const maxAnswer = 1 << 20

// Client calls the HTTP API of a coffee pattern.
type Client struct {
	// Base is the API's URL, stage included, without a slash at the end.
	Base string
	http *http.Client
}

// NewClient makes a client that keeps as many connections open as there are requests at once: the default of two
// would open a new connection for nearly every request, and measure that.
func NewClient(base string, atOnce int) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 0 // no limit over all hosts
	transport.MaxIdleConnsPerHost = atOnce
	return &Client{Base: base, http: &http.Client{Transport: transport, Timeout: requestTime}}
}

// StatusError is an answer with a status that was not wanted.
type StatusError struct {
	Status  int
	Message string // of the API's {"message": ...}, or the beginning of the body
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
}

// Reason is err without what differs between two failures of one kind, such as the port of a connection.
func Reason(err error) string {
	var answered *StatusError
	if errors.As(err, &answered) {
		return answered.Error()
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return fmt.Sprintf("no answer: %s: %s", network.Op, network.Err)
	}
	return err.Error()
}

// do sends a request and reads the whole answer, so that the connection can be used again.
func (c *Client) do(ctx context.Context, method, address string, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s %s: %w", method, req.URL.Path, err)
	}
	if resp.StatusCode != want {
		return nil, &StatusError{Status: resp.StatusCode, Message: message(answer)}
	}
	return answer, nil
}

func message(answer []byte) string {
	var known struct{ Message string }
	if json.Unmarshal(answer, &known) == nil && known.Message != "" {
		return known.Message
	}
	return string(answer[:min(len(answer), 200)])
}

// Place posts an order and gives the id under which it was accepted.
func (c *Client) Place(ctx context.Context, o order.Order) (orderID string, err error) {
	body, err := order.EncodeJSON(map[string]order.Order{"order": o})
	if err != nil {
		return "", err
	}
	answer, err := c.do(ctx, http.MethodPost, c.Base+"/order", body, http.StatusAccepted)
	if err != nil {
		return "", err
	}
	var accepted struct{ OrderID string }
	if err := json.Unmarshal(answer, &accepted); err != nil || accepted.OrderID == "" {
		return "", fmt.Errorf("the order was accepted without an orderid: %.200s", answer)
	}
	return accepted.OrderID, nil
}

// Item gets the active order of a customer at a shop, as JSON.
func (c *Client) Item(ctx context.Context, accountID, vendorID string) (json.RawMessage, error) {
	query := url.Values{"accountid": {accountID}, "vendorid": {vendorID}}
	answer, err := c.do(ctx, http.MethodGet, c.Base+"/order?"+query.Encode(), nil, http.StatusOK)
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
	answer, err := c.do(ctx, http.MethodGet, c.Base+"/invoice?"+query.Encode(), nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var address string
	if err := json.Unmarshal(answer, &address); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON string with a URL: %.200s", answer)
	}
	document, err := c.do(ctx, http.MethodGet, address, nil, http.StatusOK)
	if err != nil {
		return nil, fmt.Errorf("fetching the invoice: %w", err)
	}
	return document, nil
}
