package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forEachCoffeePattern runs a test against the API of each deployed coffee pattern. All of them have the same contract.
func forEachCoffeePattern(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	apis := map[string]string{}
	if f := deployment.outputs.FanOut; f != nil {
		apis["fanout"] = f.URL
	}
	if o := deployment.outputs.Orchestrator; o != nil {
		apis["orchestrator"] = o.URL
	}
	if e := deployment.outputs.EventStream; e != nil {
		apis["eventstream"] = e.URL
	}
	skipUnless(t, len(apis) > 0, "a coffee pattern")
	for pattern, url := range apis {
		t.Run(pattern, func(t *testing.T) { test(t, url) })
	}
}

func TestAcceptedOrderIsStoredAndInvoiced(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		o := newOrder(account, "v0", time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC))
		id := place(t, url, o)

		waitForOrder(t, url, account, "v0")
		require.Equal(t, map[string]any{
			"accountid": account, "vendorid": "v0", "orderid": id, "orderdate": "2026-01-31T08:30:00Z", "city": "Lisbon",
			"details": map[string]any{
				"coffeetype": "Latte", "coffeesize": "Large", "unitprice": json.Number("3.75"), "quantity": json.Number("2"),
			},
			"eventtype": []any{"new_order"},
		}, getOrder(t, url, account, "v0"))

		waitForInvoice(t, url, account, "")
		invoice := getInvoice(t, url, account, "v0")
		require.NotEmpty(t, invoice["invoiceid"])
		delete(invoice, "invoiceid")
		require.Equal(t, map[string]any{
			"orderid": id, "accountid": account, "vendorid": "v0", "orderdate": "2026-01-31T08:30:00Z", "city": "Lisbon",
			"details": map[string]any{
				"coffeetype": "Latte", "coffeesize": "Large", "unitprice": json.Number("3.75"), "quantity": json.Number("2"),
			},
			"linetotal": json.Number("7.5"), "total": json.Number("7.5"),
		}, invoice)
	})
}

func TestTotalIsExact(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		o := newOrder(account, "v0", time.Now())
		o.Details.UnitPrice, o.Details.Quantity = "0.1", 3
		place(t, url, o)
		waitForInvoice(t, url, account, "")
		require.Equal(t, json.Number("0.3"), getInvoice(t, url, account, "")["total"])
	})
}

func TestPriceAsStringAndDateWithoutZoneAreAccepted(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		r := call(t, http.MethodPost, url+"/order", fmt.Sprintf(`{"order":{"accountid":%q,"vendorid":"v0",
			"orderdate":"2026-01-31 08:30:00.25","city":"Porto","eventtype":["new_order"],
			"details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":"3.5","quantity":1}}}`, account))
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		waitForOrder(t, url, account, "v0")
		item := getOrder(t, url, account, "v0")
		require.Equal(t, "2026-01-31T08:30:00.25Z", item["orderdate"])
		require.Equal(t, json.Number("3.5"), item["details"].(map[string]any)["unitprice"])
	})
}

func TestCompletedOrderIsRemovedAndItsInvoiceIsKept(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account, now := newAccount(), time.Now()
		place(t, url, newOrder(account, "v0", now))
		waitForOrder(t, url, account, "v0")
		waitForInvoice(t, url, account, "v0")
		place(t, url, completion(account, "v0", now.Add(time.Second)))
		eventuallyAdvancing(t, "the order is removed", func() bool { return getOrder(t, url, account, "v0") == nil })
		require.NotNil(t, getInvoice(t, url, account, "v0"))
	})
}

func TestOrderWithTheLatestDateIsTheActiveOne(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account, now := newAccount(), time.Now()
		newest := place(t, url, newOrder(account, "v0", now))
		waitForOrder(t, url, account, "v0")
		place(t, url, newOrder(account, "v0", now.Add(-time.Hour)))
		other := place(t, url, newOrder(account, "v1", now.Add(time.Second)))
		waitForOrder(t, url, account, "v1")
		waitForInvoice(t, url, account, "v1")
		require.Equal(t, newest, getOrder(t, url, account, "v0")["orderid"])
		eventuallyAdvancing(t, "the account's latest invoice is that of the other vendor's order", func() bool {
			return getInvoice(t, url, account, "")["orderid"] == other
		})
		eventuallyAdvancing(t, "the vendor's latest invoice is that of the latest order", func() bool {
			return getInvoice(t, url, account, "v0")["orderid"] == newest
		})
	})
}

func TestMissingOrderAndInvoiceAreNotFound(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		for _, path := range []string{
			"/order?accountid=" + account + "&vendorid=v0", "/invoice?accountid=" + account, "/invoice?accountid=" + account + "&vendorid=v0",
		} {
			r := call(t, http.MethodGet, url+path, "")
			require.Equal(t, http.StatusNotFound, r.status, path)
			require.NotEmpty(t, r.message(t))
		}
	})
}

func TestCORS(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		r := call(t, http.MethodOptions, url+"/order", "", "Origin", "https://shop.example.com", "Access-Control-Request-Method", "POST")
		require.Equal(t, http.StatusOK, r.status, r.body)
		require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, r.header.Get("Access-Control-Allow-Methods"), "POST")
		require.Contains(t, r.header.Get("Access-Control-Allow-Headers"), "Content-Type")

		for name, r := range map[string]response{
			"an error of the gateway":  call(t, http.MethodPost, url+"/order", "{}"),
			"an error of the function": call(t, http.MethodGet, url+"/order?accountid=a%2Fb&vendorid=v0", ""),
			"an unknown path":          call(t, http.MethodGet, url+"/nowhere", ""),
			"a missing order":          call(t, http.MethodGet, url+"/order?accountid="+newAccount()+"&vendorid=v0", ""),
		} {
			require.GreaterOrEqual(t, r.status, 400, name)
			require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"), name)
		}
	})
}

func TestInvoiceLinkOpensOnlyThatInvoice(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		place(t, url, newOrder(account, "v0", time.Now()))
		waitForInvoice(t, url, account, "")
		var link string
		decode(t, call(t, http.MethodGet, url+"/invoice?accountid="+account, "").body, &link)

		plain, query, ok := strings.Cut(link, "?")
		require.True(t, ok)
		require.Equal(t, http.StatusForbidden, call(t, http.MethodGet, plain, "").status, "the bucket is private")
		require.Equal(t, http.StatusForbidden, call(t, http.MethodGet, plain+"x?"+query, "").status, "the link works for one key only")
		require.Equal(t, http.StatusForbidden, call(t, http.MethodPut, link, "mine").status, "the link works for one method only")
		require.Contains(t, query, "X-Amz-Expires=3600")
	})
}
