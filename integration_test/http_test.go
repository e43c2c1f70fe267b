package integration_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// response is an API's response.
type response struct {
	status int
	header http.Header
	body   string
}

// message returns the message of an error response.
func (r response) message(t *testing.T) string {
	t.Helper()
	var e struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(r.body), &e), "body %q", r.body)
	return e.Message
}

var client = &http.Client{Timeout: 35 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call sends a request. The test fails if there is no response. header has names and values in turn.
func call(t *testing.T, method, url, body string, header ...string) response {
	t.Helper()
	r, err := send(method, url, body, header...)
	require.NoError(t, err)
	return r
}

// send is call for code that is not run by the test's own goroutine.
func send(method, url, body string, header ...string) (response, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return response{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(req)
}

// do sends a request and reads the whole answer.
func do(req *http.Request) (response, error) {
	resp, err := client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(text)}, err
}

// decode parses JSON. It keeps numbers as they are written.
func decode(t *testing.T, text string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(v), "reading %q", text)
}
