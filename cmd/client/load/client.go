// Package load is shared by the clients of the patterns' HTTP APIs: an HTTP client, and a load generator that sends concurrent requests and
// counts and times the answers.
package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
)

// requestTime is the time limit of one request. API Gateway answers within 29 seconds.
const requestTime = 35 * time.Second

// maxAnswer is the number of bytes of an answer that are read. The largest answer, to a hundred orders of fifty items each, is smaller.
const maxAnswer = 4 << 20

// Client calls a JSON API over HTTP.
type Client struct {
	// Base is the API's URL, stage included, without a slash at the end.
	Base string
	// Header is sent with every request to the API. It must not change after the first request.
	Header http.Header
	// Authorize authenticates each request to the API. Optional.
	Authorize auth.Authorize
	http      *http.Client
}

// NewClient returns a client that keeps atOnce connections open. With net/http's default of two, nearly every request
// would open a new connection, and its latency would include that.
func NewClient(base string, atOnce int) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 0 // no limit over all hosts
	transport.MaxIdleConnsPerHost = atOnce
	return &Client{Base: base, Header: http.Header{}, http: &http.Client{Transport: transport, Timeout: requestTime}}
}

// StatusError is an answer with an unexpected status.
type StatusError struct {
	Status  int
	Message string // of the API's {"message": ...} or {"description": ...}, or the beginning of the body
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
}

// Reason returns err's message without details that differ between errors of one kind, such as the port of a connection.
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

// Get reads a resource of the API, given by its path and query.
func (c *Client) Get(ctx context.Context, path string) ([]byte, error) {
	return c.do(ctx, http.MethodGet, c.Base+path, c.Header, c.Authorize, nil, http.StatusOK)
}

// Post sends a JSON document to a resource of the API, and returns the answer if its status is want.
func (c *Client) Post(ctx context.Context, path string, header http.Header, body []byte, want int) ([]byte, error) {
	all := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(all, c.Header)
	maps.Copy(all, header)
	return c.do(ctx, http.MethodPost, c.Base+path, all, c.Authorize, body, want)
}

// Fetch reads a document at another address, without the API's headers.
func (c *Client) Fetch(ctx context.Context, address string) ([]byte, error) {
	return c.do(ctx, http.MethodGet, address, nil, nil, nil, http.StatusOK)
}

// do sends a request. It reads the whole answer, so that the connection can be reused.
func (c *Client) do(ctx context.Context, method, address string, header http.Header, authorize auth.Authorize, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	if authorize != nil {
		if err := authorize(req); err != nil {
			return nil, err
		}
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
	var known struct{ Message, Description string }
	if json.Unmarshal(answer, &known) == nil && known.Message+known.Description != "" {
		return known.Message + known.Description // an answer has one of them
	}
	return string(answer[:min(len(answer), 200)])
}
