package checkerclient

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// api answers every request with the result of handle, and records the requests.
func api(t *testing.T, handle func(r *http.Request, body string) (int, string)) (*Client, *[]*http.Request, *[]string) {
	t.Helper()
	var mu sync.Mutex
	var requests []*http.Request
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		requests, bodies = append(requests, r), append(bodies, string(body))
		status, answer := handle(r, string(body))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return NewClient(s.URL+"/prod", "secret", 2), &requests, &bodies
}

// capture returns capture-order's answer.
func capture(t *testing.T, o checker.Order) string {
	t.Helper()
	o.OrderID = "o1"
	doc, err := json.Marshal(checker.Record{Order: o, Status: checker.Pending, Logs: []string{}})
	require.NoError(t, err)
	return string(doc)
}

var one = checker.Order{CustomerID: "c1", Items: []checker.Item{{ProductID: "p1", Qty: 2}}, TotalAmount: 105_000}

func TestRequestsFollowTheContract(t *testing.T) {
	c, requests, bodies := api(t, func(r *http.Request, _ string) (int, string) {
		switch r.URL.Path {
		case "/prod/order":
			return 200, capture(t, one)
		case "/prod/order/o1/status":
			return 200, `{"status":"Rejected","logs":["Unknown customer c1"]}`
		}
		return 202, `{"code":202,"updatedPayload":{}}`
	})
	require.NoError(t, c.SetAccount(t.Context(), "c1", 105_000))
	require.NoError(t, c.SetStock(t.Context(), "p1", 7))
	rec, err := c.Place(t.Context(), "key", one)
	require.NoError(t, err)
	require.Equal(t, "o1", rec.OrderID)
	require.Equal(t, checker.Pending, rec.Status)
	require.True(t, rec.Same(one))
	_, err = c.Place(t.Context(), "", one)
	require.NoError(t, err)
	status, logs, err := c.Status(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, checker.Rejected, status)
	require.Equal(t, []string{"Unknown customer c1"}, logs)

	const order = `{"customerId":"c1","items":[{"productId":"p1","qty":2}],"totalAmount":10.5}`
	require.Equal(t, []string{`{"balance":10.5,"customerId":"c1"}`, `{"balance":7,"productId":"p1"}`, order, order, ""}, *bodies)
	var lines, keys []string
	for _, r := range *requests {
		require.Equal(t, "secret", r.Header.Get("X-Api-Key"))
		lines, keys = append(lines, r.Method+" "+r.URL.Path), append(keys, r.Header.Get("Idempotency-Key"))
	}
	require.Equal(t, []string{"POST /prod/account", "POST /prod/stock", "POST /prod/order", "POST /prod/order", "GET /prod/order/o1/status"}, lines)
	require.Equal(t, []string{"", "", "key", "", ""}, keys)
}

func TestAnAdditionReturnsTheNewBalance(t *testing.T) {
	answer := `{"code":202,"updatedPayload":{"customerId":"c1","balance":12.05,"updateTime":"2026-03-01T08:30:00Z"}}`
	c, requests, bodies := api(t, func(*http.Request, string) (int, string) { return 202, answer })
	balance, err := c.AddToAccount(t.Context(), "k1", "c1", -105_000)
	require.NoError(t, err)
	require.EqualValues(t, 120_500, balance)
	answer = `{"code":202,"updatedPayload":{"productId":"p1","balance":9,"updateTime":"2026-03-01T08:30:00Z"}}`
	pieces, err := c.AddToStock(t.Context(), "", "p1", 7)
	require.NoError(t, err)
	require.EqualValues(t, 9, pieces)
	require.Equal(t, []string{`{"add":-10.5,"customerId":"c1"}`, `{"add":7,"productId":"p1"}`}, *bodies)
	var lines []string
	for _, r := range *requests {
		lines = append(lines, r.Method+" "+r.URL.Path+" "+r.Header.Get("Idempotency-Key"))
	}
	require.Equal(t, []string{"POST /prod/account k1", "POST /prod/stock "}, lines)
	answer = "{}"
	_, err = c.AddToStock(t.Context(), "", "p1", 7)
	require.EqualError(t, err, "adding 7 to the stock of product p1: reading the new balance: not a decimal number: {}")
}

func TestErrorHasTheAPIsMessage(t *testing.T) {
	c, _, _ := api(t, func(r *http.Request, _ string) (int, string) {
		if r.Method == http.MethodGet {
			return 404, `{"code":404,"message":"Order not found"}`
		}
		return 400, `{"status":400,"description":"balance: is missing"}`
	})
	require.EqualError(t, c.SetAccount(t.Context(), "c1", 1), "setting the account of customer c1: 400 Bad Request: balance: is missing")
	require.EqualError(t, c.SetStock(t.Context(), "p1", 1), "setting the stock of product p1: 400 Bad Request: balance: is missing")
	_, err := c.Place(t.Context(), "", one)
	var answered *load.StatusError
	require.ErrorAs(t, err, &answered)
	require.Equal(t, 400, answered.Status)
	_, _, err = c.Status(t.Context(), "o1")
	require.EqualError(t, err, "404 Not Found: Order not found")
}

func TestAnswerWithAnotherOrderIsAnError(t *testing.T) {
	good := capture(t, one)
	for answer, want := range map[string]string{
		"OK":                                         "reading the captured order: ",
		strings.Replace(good, `"o1"`, `""`, 1):       "without an orderId",
		strings.Replace(good, `10.5`, `10.6`, 1):     "another order was captured than was sent",
		strings.Replace(good, `"qty":2`, `"q":2`, 1): "another order was captured than was sent",
		strings.Replace(good, `10.5`, `1e99`, 1):     `totalAmount "1e99": too large`,
	} {
		c, _, _ := api(t, func(*http.Request, string) (int, string) { return 200, answer })
		_, err := c.Place(t.Context(), "", one)
		require.ErrorContains(t, err, want, answer)
	}
}

func TestGeneratedOrdersFollowTheContractAndTheSeed(t *testing.T) {
	a, b, c := NewGenerator(1, 200, 5, 3), NewGenerator(1, 200, 5, 3), NewGenerator(2, 200, 5, 3)
	require.Len(t, a.Opening.Accounts, 5)
	require.Len(t, a.Opening.Stock, 3)
	same, unknownCustomers, unknownProducts := true, 0, 0
	for range 2000 {
		one, two, other := a.Next(), b.Next(), c.Next()
		body, err := coffee.EncodeJSON(requestOf(one))
		require.NoError(t, err)
		back, err := checker.ParseRequest(body)
		require.NoError(t, err)
		require.Equal(t, one, back)
		require.Equal(t, one.TotalAmount, two.TotalAmount)
		require.NotEqual(t, one.CustomerID, two.CustomerID, "a run does not touch the accounts of another")
		same = same && one.TotalAmount == other.TotalAmount
		if _, known := a.Opening.Accounts[one.CustomerID]; !known {
			unknownCustomers++
		}
		if _, known := a.Opening.Stock[one.Items[0].ProductID]; !known {
			unknownProducts++
		}
	}
	require.False(t, same)
	require.InDelta(t, 20, unknownCustomers, 15)
	require.InDelta(t, 20, unknownProducts, 15)
}

// A demo should show both outcomes.
func TestMostButNotAllGeneratedOrdersCanBeShipped(t *testing.T) {
	for _, n := range []struct{ orders, customers, products int }{{1000, 50, 20}, {100, 50, 20}, {10000, 10, 1000}, {300, 1, 1}} {
		g := NewGenerator(7, n.orders, n.customers, n.products)
		b := Audit{Before: g.Opening, After: &Balances{Accounts: map[string]money.Amount{}, Stock: map[string]int64{}}}
		for id, balance := range g.Opening.Accounts {
			b.After.Accounts[id] = balance
		}
		for id, pieces := range g.Opening.Stock {
			b.After.Stock[id] = pieces
		}
		count := 0
		for range n.orders {
			process(&b, g.Next())
			if b.Orders[len(b.Orders)-1].Status == checker.Shipped {
				count++
			}
		}
		require.Greater(t, count, n.orders/2, n)
		require.Less(t, count, n.orders, n)
	}
}

func TestBalancesAreSet(t *testing.T) {
	var set []string
	c, _, _ := api(t, func(_ *http.Request, body string) (int, string) {
		set = append(set, body)
		return 202, `{}`
	})
	require.NoError(t, c.SetBalances(t.Context(), Balances{Accounts: map[string]money.Amount{"c1": 5, "c2": 0}, Stock: map[string]int64{"p1": 3}}, 2))
	require.ElementsMatch(t, []string{`{"balance":0.0005,"customerId":"c1"}`, `{"balance":0,"customerId":"c2"}`, `{"balance":3,"productId":"p1"}`}, set)

	refusing, _, _ := api(t, func(*http.Request, string) (int, string) { return 403, `{"message":"Forbidden"}` })
	require.EqualError(t, refusing.SetBalances(t.Context(), Balances{Accounts: map[string]money.Amount{"c1": 5}}, 1), "setting the account of customer c1: 403 Forbidden: Forbidden")
}

func TestOrderIsRetriedWithItsKeyIfTheErrorIsRetryable(t *testing.T) {
	for _, c := range []struct {
		answers  []int
		attempts int
		sent     int
		status   string
	}{
		{[]int{503, 429, 200}, 5, 3, "200"},
		{[]int{503, 503, 200}, 2, 2, "503"},
		{[]int{503, 200}, 0, 1, "503"},
		{[]int{422, 200}, 5, 1, "422"},
	} {
		n := 0
		client, requests, _ := api(t, func(*http.Request, string) (int, string) {
			n++
			return c.answers[n-1], capture(t, one)
		})
		accepted := 0
		l := Load{Client: client, Next: func() checker.Order { return one }, Count: 1, AtOnce: 1, Attempts: c.attempts,
			Accepted: func(checker.Record) error { accepted++; return nil }}
		answers, err := l.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[string]int{c.status: 1}, answers.Statuses)
		require.Equal(t, answers.Accepted(), accepted)
		require.Equal(t, c.sent, n)
		for _, r := range *requests {
			require.NotEmpty(t, r.Header.Get("Idempotency-Key"))
			require.Equal(t, (*requests)[0].Header.Get("Idempotency-Key"), r.Header.Get("Idempotency-Key"))
		}
	}
}

func TestEveryOrderHasItsOwnKey(t *testing.T) {
	keys := map[string]bool{}
	client, _, _ := api(t, func(r *http.Request, _ string) (int, string) {
		keys[r.Header.Get("Idempotency-Key")] = true
		return 200, capture(t, one)
	})
	for range 2 {
		l := Load{Client: client, Next: func() checker.Order { return one }, Count: 20, AtOnce: 4}
		_, err := l.Run(context.Background())
		require.NoError(t, err)
	}
	require.Len(t, keys, 40)
}

func TestKindsOfReasons(t *testing.T) {
	for want, logs := range map[string][]string{
		"":                             {"Sufficient stock", "Sufficient account balance", "Shipped"},
		"Insufficient account balance": {"Sufficient stock", "Insufficient account balance: 30 wanted, 12 left"},
		"Insufficient stock":           {"Insufficient stock of 456: 3 wanted, 1 left; Insufficient stock of 7: 1 wanted, 0 left"},
		"Insufficient account balance; Insufficient stock; Unknown product": {"Unknown product 9; Insufficient stock of 456: 3 wanted, 1 left", "Insufficient account balance: 30 wanted, 12 left"},
		"Unknown customer": {"Unknown customer c1", "Sufficient stock"},
		"The order could not be passed on to the checks": {"The order could not be passed on to the checks"},
	} {
		require.Equal(t, want, Kind(logs))
	}
}
