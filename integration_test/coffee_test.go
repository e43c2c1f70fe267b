package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

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

// runID is part of all account names, so that two runs against the same stack use different accounts.
var (
	runID    = uuid.NewString()[:8]
	accounts atomic.Int64
)

// newAccount returns an id that no other order, customer or product has.
func newAccount() string { return fmt.Sprintf("test-%s-%d", runID, accounts.Add(1)) }

// newAccounts returns n ids with a common prefix, which accountPrefix returns.
func newAccounts(n int) []string {
	prefix := newAccount()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return ids
}

func accountPrefix(account string) string { return account[:strings.LastIndex(account, "-")+1] }

// newOrder returns a valid order.
func newOrder(account, vendor string, at time.Time) coffeeOrder {
	return coffeeOrder{
		AccountID: account, VendorID: vendor, OrderDate: at.UTC().Format(time.RFC3339Nano), City: "Lisbon",
		Details: &details{CoffeeType: "Latte", CoffeeSize: "Large", UnitPrice: "3.75", Quantity: 2},
	}
}

// completion returns the event that completes an account's order.
func completion(account, vendor string, at time.Time) coffeeOrder {
	return coffeeOrder{
		AccountID: account, VendorID: vendor, OrderDate: at.UTC().Format(time.RFC3339Nano), EventType: []string{"order_completed"},
	}
}

// withID returns the order with what a function that accepts it adds.
func (o coffeeOrder) withID(id string) coffeeOrder {
	o.OrderID, o.EventType = id, []string{"new_order"}
	return o
}

// completed returns the order as an event that completes an order.
func (o coffeeOrder) completed() coffeeOrder {
	o.City, o.Details, o.EventType = "", nil, []string{"order_completed"}
	return o
}

// body returns the body of a request that places the order.
func (o coffeeOrder) body() string {
	text, err := json.Marshal(map[string]coffeeOrder{"order": o})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(text)
}

// message returns the order as topics and queues carry it.
func (o coffeeOrder) message() string {
	return strings.TrimSuffix(strings.TrimPrefix(o.body(), `{"order":`), "}")
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

// waitForOrder waits until an account has an active order.
func waitForOrder(t *testing.T, url, account, vendor string) {
	t.Helper()
	eventuallyAdvancing(t, "the order of "+account+" is stored", func() bool { return getOrder(t, url, account, vendor) != nil })
}

// waitForInvoice waits until an account has an invoice. vendor may be empty.
func waitForInvoice(t *testing.T, url, account, vendor string) {
	t.Helper()
	eventuallyAdvancing(t, "the order of "+account+" is invoiced", func() bool { return getInvoice(t, url, account, vendor) != nil })
}
