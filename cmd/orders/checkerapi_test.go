package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// checkerAPI is an API of the checker pattern in memory. It validates requests as the real one does, and decides an order
// when its status is requested.
type checkerAPI struct {
	*httptest.Server
	mu       sync.Mutex
	accounts map[string]money.Amount
	stock    map[string]int64
	orders   map[string]*checker.Record
	keys     map[string]string // order ids by Idempotency-Key
	posts    int
	looks    int

	apiKey    string                // that every request must have
	statusOf  func(post int) int    // the status of the nth POST /order, from 1; 200 if nil
	decidesAt int                   // orders are decided from this many requests for a status on
	broken    func(*checker.Record) // changes a decided order
	looked    func(look int)        // is called with the number of each request for a status
}

func newCheckerAPI(t *testing.T) *checkerAPI {
	t.Helper()
	c := &checkerAPI{
		accounts: map[string]money.Amount{}, stock: map[string]int64{}, orders: map[string]*checker.Record{}, keys: map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /prod/account", c.account)
	mux.HandleFunc("POST /prod/stock", c.pieces)
	mux.HandleFunc("POST /prod/order", c.post)
	mux.HandleFunc("GET /prod/order/{id}/status", c.status)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if r.Header.Get("X-Api-Key") != c.apiKey {
			refuse(w, 403, "Forbidden")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *checkerAPI) api() string { return c.URL + "/prod" }

func describe(w http.ResponseWriter, status int, description string) {
	answer(w, status, map[string]any{"status": status, "description": description})
}

// fields reads a request that sets a balance.
func fields(w http.ResponseWriter, r *http.Request, key string) (id string, read checker.Reader, all map[string]any) {
	body, _ := io.ReadAll(r.Body)
	doc, err := checker.Decode(body)
	if err != nil {
		describe(w, 400, err.Error())
		return "", read, nil
	}
	all = read.Object(doc, "body", key, "balance")
	return read.ID(all, "", key), read, all
}

func (c *checkerAPI) account(w http.ResponseWriter, r *http.Request) {
	id, read, all := fields(w, r, "customerId")
	balance := read.Amount(all, "", "balance", 0)
	if err := read.Err(); err != nil {
		describe(w, 400, err.Error())
		return
	}
	c.accounts[id] = balance
	answer(w, 202, map[string]int{"code": 202})
}

func (c *checkerAPI) pieces(w http.ResponseWriter, r *http.Request) {
	id, read, all := fields(w, r, "productId")
	balance := read.Whole(all, "", "balance", 0, checker.MaxStock)
	if err := read.Err(); err != nil {
		describe(w, 400, err.Error())
		return
	}
	c.stock[id] = balance
	answer(w, 202, map[string]int{"code": 202})
}

func (c *checkerAPI) post(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o, err := checker.ParseRequest(body)
	if err != nil {
		describe(w, 400, err.Error())
		return
	}
	c.posts++
	key := r.Header.Get("Idempotency-Key")
	id, again := c.keys[key]
	if !again {
		id = fmt.Sprintf("o%d", len(c.orders)+1)
		o.OrderID = id
		c.orders[id] = &checker.Record{Order: o, Status: checker.Pending, Logs: []string{}}
		c.keys[key] = id
	}
	if c.statusOf != nil {
		if status := c.statusOf(c.posts); status != 200 {
			describe(w, status, "please repeat the request with the same Idempotency-Key")
			return
		}
	}
	answer(w, 200, c.orders[id])
}

func (c *checkerAPI) status(w http.ResponseWriter, r *http.Request) {
	c.looks++
	if c.looked != nil {
		c.looked(c.looks)
	}
	rec, found := c.orders[r.PathValue("id")]
	if !found {
		answer(w, 404, map[string]any{"code": 404, "message": "Order not found"})
		return
	}
	if rec.Status == checker.Pending && c.looks >= c.decidesAt {
		c.decide(rec)
		if c.broken != nil {
			c.broken(rec)
		}
	}
	answer(w, 200, map[string]any{"status": rec.Status, "logs": rec.Logs})
}

func (c *checkerAPI) decide(rec *checker.Record) {
	rec.Status = checker.Rejected
	balance, known := c.accounts[rec.CustomerID]
	switch {
	case !known:
		rec.Logs = append(rec.Logs, "Unknown customer "+rec.CustomerID)
	case balance < rec.TotalAmount:
		rec.Logs = append(rec.Logs, fmt.Sprintf("Insufficient account balance: %s wanted, %s left", rec.TotalAmount, balance))
	default:
		rec.Logs = append(rec.Logs, "Sufficient account balance")
	}
	for _, item := range rec.Wanted() {
		if left, known := c.stock[item.ProductID]; !known {
			rec.Logs = append(rec.Logs, "Unknown product "+item.ProductID)
			return
		} else if left < item.Qty {
			rec.Logs = append(rec.Logs, fmt.Sprintf("Insufficient stock of %s: %d wanted, %d left", item.ProductID, item.Qty, left))
			return
		}
	}
	rec.Logs = append(rec.Logs, "Sufficient stock")
	if rec.Logs[0] != "Sufficient account balance" {
		return
	}
	rec.Status, rec.Logs = checker.Shipped, append(rec.Logs, "Shipped")
	c.accounts[rec.CustomerID] -= rec.TotalAmount
	for _, item := range rec.Wanted() {
		c.stock[item.ProductID] -= item.Qty
	}
}
