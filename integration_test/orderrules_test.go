package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forEachFunctionPattern runs a test against the APIs with a function behind POST /order.
func forEachFunctionPattern(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for pattern, url := range map[string]string{"fanout": fanOut(t).URL, "eventstream": eventStream(t).URL} {
		t.Run(pattern, func(t *testing.T) { test(t, url) })
	}
}

func TestAClientMayChooseTheOrderIDAndRepeatTheRequest(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		o := newOrder(newAccount(), "v0", time.Now())
		o.OrderID = "order-of-" + o.AccountID
		require.Equal(t, o.OrderID, place(t, url, o))
		require.Equal(t, o.OrderID, place(t, url, o), "an identical repetition is accepted again")
		waitForOrder(t, url, o.AccountID, "v0")
		require.Equal(t, o.OrderID, getOrder(t, url, o.AccountID, "v0")["orderid"])
		require.Equal(t, o.OrderID, place(t, url, o), "also once the order is stored")
	})
}

func TestTwoAccountsMayUseTheSameOrderID(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		for range 2 {
			o := newOrder(newAccount(), "v0", time.Now())
			o.OrderID = "1001"
			require.Equal(t, "1001", place(t, url, o))
			waitForOrder(t, url, o.AccountID, "v0")
			waitForInvoice(t, url, o.AccountID, "")
			require.Equal(t, "1001", getOrder(t, url, o.AccountID, "v0")["orderid"])
			require.Equal(t, "1001", getInvoice(t, url, o.AccountID, "")["orderid"])
		}
	})
}

func TestAnOrderIsCompletedUnderItsOwnID(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		o := newOrder(newAccount(), "v0", time.Now())
		o.OrderID = "mine"
		place(t, url, o)
		waitForOrder(t, url, o.AccountID, "v0")
		done := completion(o.AccountID, "v0", time.Now())
		done.OrderID = "mine"
		require.Equal(t, "mine", place(t, url, done))
		eventuallyAdvancing(t, "the order is removed", func() bool { return getOrder(t, url, o.AccountID, "v0") == nil })
		require.Equal(t, "mine", place(t, url, done), "an identical repetition is accepted again")
	})
}

func TestAnOrderOfTheFutureOrOfLongAgoIsRefused(t *testing.T) {
	forEachFunctionPattern(t, func(t *testing.T, url string) {
		r := call(t, http.MethodPost, url+"/order", newOrder(newAccount(), "v0", time.Now().Add(6*time.Minute)).body())
		require.Equal(t, http.StatusBadRequest, r.status, r.body)
		require.Contains(t, r.message(t), "order.orderdate: must not be more than 5 minutes ahead of the clock, got 20")

		r = call(t, http.MethodPost, url+"/order", newOrder(newAccount(), "v0", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)).body())
		require.Equal(t, http.StatusBadRequest, r.status, r.body)
		require.Equal(t, "order.orderdate: must not be before 2000-01-01T00:00:00Z, got 1999-12-31T23:59:59Z", r.message(t))

		place(t, url, newOrder(newAccount(), "v0", time.Now().Add(4*time.Minute)))
	})
}

func TestABodyThatIsNoJSONIsRefusedWithWhatIsWrongAndWhere(t *testing.T) {
	forEachFunctionPattern(t, func(t *testing.T, url string) {
		for body, want := range map[string]string{
			``:                                  "body: is empty, a JSON object is needed",
			`{order`:                            "body: is not valid JSON: invalid character 'o'",
			`{}{}`:                              "body: has more data after the JSON value",
			`{"order":{"city":"a","city":"b"}}`: "body: has the key order.city twice",
			`{"order":{"accountid":"a0"}}`:      "order.vendorid: is missing",
			`{"order":{"cty":"Lisbon"}}`:        `order: has an unknown field "cty"`,
		} {
			r := call(t, http.MethodPost, url+"/order", body, "Content-Type", "application/json")
			require.Equal(t, http.StatusBadRequest, r.status, body)
			require.Contains(t, r.message(t), want)
		}
	})
}

func TestTheOrchestratorRefusesAnOrderOfTheFutureByName(t *testing.T) {
	url := orchestrator(t).URL
	// The embedded cloud's clock may be ahead of this one.
	r := call(t, http.MethodPost, url+"/order", newOrder(newAccount(), "v0", time.Now().AddDate(100, 0, 0)).body())
	require.Equal(t, http.StatusAccepted, r.status, r.body)
	failed := refusedByTheMachine(t, url, r)
	require.Contains(t, *failed.Cause, "order.orderdate: must not be more than 5 minutes ahead of the clock, got 21")
}

func TestA400IsShortWhateverWasSent(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		long := strings.Repeat("x", 50<<10)
		for name, body := range map[string]string{
			"a long account": `{"order":{"accountid":"` + long + `","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z"}}`,
			"a long field":   `{"order":{"` + long + `":1}}`,
			"a long text":    `"` + long + `"`,
		} {
			r := call(t, http.MethodPost, url+"/order", body)
			require.Equal(t, http.StatusBadRequest, r.status, name)
			require.Less(t, len(r.body), 2000, name)
		}
	})
}
