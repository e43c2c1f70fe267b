package integration_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// response is what an API answered.
type response struct {
	status int
	header http.Header
	body   string
}

// message is the message of an error.
func (r response) message(t *testing.T) string {
	t.Helper()
	var e struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(r.body), &e), "body %q", r.body)
	return e.Message
}

var client = &http.Client{Timeout: 35 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func call(t *testing.T, method, url, body string, header ...string) response {
	t.Helper()
	r, err := try(method, url, body, header...)
	require.NoError(t, err)
	return r
}

func try(method, url, body string, header ...string) (response, error) {
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
	resp, err := client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(text)}, err
}

// coffeeOrder is an order of the coffee patterns, as a client sends it.
type coffeeOrder struct {
	AccountID string   `json:"accountid"`
	VendorID  string   `json:"vendorid"`
	OrderID   string   `json:"orderid,omitempty"`
	OrderDate string   `json:"orderdate"`
	City      string   `json:"city,omitempty"`
	Details   *details `json:"details,omitempty"`
	EventType []string `json:"eventtype,omitempty"`
}

type details struct {
	CoffeeType string      `json:"coffeetype"`
	CoffeeSize string      `json:"coffeesize"`
	UnitPrice  json.Number `json:"unitprice"`
	Quantity   int         `json:"quantity"`
}

// run tells the accounts of one run of the tests from those of another against the same stack.
var (
	runID   = uuid.NewString()[:8]
	counter atomic.Int64
)

func newAccount() string { return fmt.Sprintf("test-%s-%d", runID, counter.Add(1)) }

func latte(account, vendor string, at time.Time) coffeeOrder {
	return coffeeOrder{
		AccountID: account, VendorID: vendor, OrderDate: at.UTC().Format(time.RFC3339Nano), City: "Lisbon",
		Details: &details{CoffeeType: "Latte", CoffeeSize: "Large", UnitPrice: "3.75", Quantity: 2},
	}
}

func (o coffeeOrder) body() string {
	text, err := json.Marshal(map[string]coffeeOrder{"order": o})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(text)
}

// place sends an order and returns its id.
func place(t *testing.T, url string, o coffeeOrder, header ...string) string {
	t.Helper()
	r := call(t, http.MethodPost, url+"/order", o.body(), header...)
	require.Equal(t, http.StatusAccepted, r.status, r.body)
	var accepted struct{ OrderID string }
	require.NoError(t, json.Unmarshal([]byte(r.body), &accepted))
	require.NotEmpty(t, accepted.OrderID)
	return accepted.OrderID
}

// getOrder returns the active order, or nil if there is none.
func getOrder(t *testing.T, url, account, vendor string) map[string]any {
	t.Helper()
	r := call(t, http.MethodGet, fmt.Sprintf("%s/order?accountid=%s&vendorid=%s", url, account, vendor), "")
	if r.status == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, r.status, r.body)
	var answer struct{ Item map[string]any }
	decode(t, r.body, &answer)
	return answer.Item
}

// getInvoice returns the latest invoice, or nil if there is none. vendor may be empty.
func getInvoice(t *testing.T, url, account, vendor string) map[string]any {
	t.Helper()
	query := "?accountid=" + account
	if vendor != "" {
		query += "&vendorid=" + vendor
	}
	r := call(t, http.MethodGet, url+"/invoice"+query, "")
	if r.status == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, r.status, r.body)
	var link string
	decode(t, r.body, &link)
	doc := call(t, http.MethodGet, link, "")
	require.Equal(t, http.StatusOK, doc.status, doc.body)
	var invoice map[string]any
	decode(t, doc.body, &invoice)
	return invoice
}

// decode reads JSON and keeps the digits of numbers.
func decode(t *testing.T, text string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(v), "reading %q", text)
}

// eventually polls until the condition holds. Processing is asynchronous, on AWS and here.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 20*time.Millisecond, what)
}
