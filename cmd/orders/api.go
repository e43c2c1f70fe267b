package main

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

// api is the HTTP API of a coffee pattern.
type api struct {
	base string
	http *http.Client
}

// newAPI makes a client that keeps as many connections open as there are requests at once: the default of two
// would open a new connection for nearly every request, and measure that.
func newAPI(base string, atOnce int) *api {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 0 // no limit over all hosts
	transport.MaxIdleConnsPerHost = atOnce
	return &api{base: base, http: &http.Client{Transport: transport, Timeout: requestTime}}
}

// statusError is an answer with a status that was not wanted.
type statusError struct {
	status  int
	message string // of the API's {"message": ...}, or the beginning of the body
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.status, http.StatusText(e.status), e.message)
}

// reason is err without what differs between two failures of one kind, such as the port of a connection.
func reason(err error) string {
	var answered *statusError
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
func (a *api) do(ctx context.Context, method, address string, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s %s: %w", method, req.URL.Path, err)
	}
	if resp.StatusCode != want {
		return nil, &statusError{status: resp.StatusCode, message: message(answer)}
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

// place posts an order and gives the id under which it was accepted.
func (a *api) place(ctx context.Context, o order.Order) (orderID string, err error) {
	body, err := order.EncodeJSON(map[string]order.Order{"order": o})
	if err != nil {
		return "", err
	}
	answer, err := a.do(ctx, http.MethodPost, a.base+"/order", body, http.StatusAccepted)
	if err != nil {
		return "", err
	}
	var accepted struct{ OrderID string }
	if err := json.Unmarshal(answer, &accepted); err != nil || accepted.OrderID == "" {
		return "", fmt.Errorf("the order was accepted without an orderid: %.200s", answer)
	}
	return accepted.OrderID, nil
}

// item gets the active order of a customer at a shop, as JSON.
func (a *api) item(ctx context.Context, accountID, vendorID string) (json.RawMessage, error) {
	query := url.Values{"accountid": {accountID}, "vendorid": {vendorID}}
	answer, err := a.do(ctx, http.MethodGet, a.base+"/order?"+query.Encode(), nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var found struct{ Item json.RawMessage }
	if err := json.Unmarshal(answer, &found); err != nil || found.Item == nil {
		return nil, fmt.Errorf("the answer has no Item: %.200s", answer)
	}
	return found.Item, nil
}

// invoice gets the latest invoice of an account, or of an account at one vendor: first its URL, then the document.
func (a *api) invoice(ctx context.Context, accountID, vendorID string) ([]byte, error) {
	query := url.Values{"accountid": {accountID}}
	if vendorID != "" {
		query.Set("vendorid", vendorID)
	}
	answer, err := a.do(ctx, http.MethodGet, a.base+"/invoice?"+query.Encode(), nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var address string
	if err := json.Unmarshal(answer, &address); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON string with a URL: %.200s", answer)
	}
	document, err := a.do(ctx, http.MethodGet, address, nil, http.StatusOK)
	if err != nil {
		return nil, fmt.Errorf("fetching the invoice: %w", err)
	}
	return document, nil
}
