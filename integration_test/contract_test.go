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

// forEachCoffeePattern runs a test against the API of every coffee pattern that is deployed: they have one contract.
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
	if len(apis) == 0 {
		t.Skip("no coffee pattern is deployed")
	}
	for pattern, url := range apis {
		t.Run(pattern, func(t *testing.T) { test(t, url) })
	}
}

func TestAnAcceptedOrderIsStoredAndInvoiced(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		o := latte(account, "v0", time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC))
		id := place(t, url, o)

		eventually(t, "the order is stored", func() bool { return getOrder(t, url, account, "v0") != nil })
		require.Equal(t, map[string]any{
			"accountid": account, "vendorid": "v0", "orderid": id, "orderdate": "2026-01-31T08:30:00Z", "city": "Lisbon",
			"details": map[string]any{
				"coffeetype": "Latte", "coffeesize": "Large", "unitprice": json.Number("3.75"), "quantity": json.Number("2"),
			},
			"eventtype": []any{"new_order"},
		}, getOrder(t, url, account, "v0"))

		eventually(t, "the order is invoiced", func() bool { return getInvoice(t, url, account, "") != nil })
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

func TestMoneyIsExact(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		o := latte(account, "v0", time.Now())
		o.Details.UnitPrice, o.Details.Quantity = "0.1", 3
		place(t, url, o)
		eventually(t, "the order is invoiced", func() bool { return getInvoice(t, url, account, "") != nil })
		require.Equal(t, json.Number("0.3"), getInvoice(t, url, account, "")["total"])
	})
}

func TestAPriceMayBeAStringAndADateHaveNoZone(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		r := call(t, http.MethodPost, url+"/order", fmt.Sprintf(`{"order":{"accountid":%q,"vendorid":"v0",
			"orderdate":"2026-01-31 08:30:00.25","city":"Porto","eventtype":["new_order"],
			"details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":"3.5","quantity":1}}}`, account))
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		eventually(t, "the order is stored", func() bool { return getOrder(t, url, account, "v0") != nil })
		item := getOrder(t, url, account, "v0")
		require.Equal(t, "2026-01-31T08:30:00.25Z", item["orderdate"])
		require.Equal(t, json.Number("3.5"), item["details"].(map[string]any)["unitprice"])
	})
}

func TestACompletedOrderIsRemovedAndItsInvoiceStays(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account, now := newAccount(), time.Now()
		place(t, url, latte(account, "v0", now))
		eventually(t, "the order is stored and invoiced", func() bool {
			return getOrder(t, url, account, "v0") != nil && getInvoice(t, url, account, "v0") != nil
		})
		place(t, url, coffeeOrder{
			AccountID: account, VendorID: "v0", OrderDate: now.Add(time.Second).UTC().Format(time.RFC3339Nano),
			EventType: []string{"order_completed"},
		})
		eventually(t, "the order is removed", func() bool { return getOrder(t, url, account, "v0") == nil })
		require.NotNil(t, getInvoice(t, url, account, "v0"))
	})
}

func TestTheNewestOrderIsTheActiveOneWhateverComesLast(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account, now := newAccount(), time.Now()
		newest := place(t, url, latte(account, "v0", now))
		eventually(t, "the newest is stored", func() bool { return getOrder(t, url, account, "v0") != nil })
		place(t, url, latte(account, "v0", now.Add(-time.Hour)))
		other := place(t, url, latte(account, "v1", now.Add(time.Second)))
		eventually(t, "the other shop's is stored and invoiced", func() bool {
			return getOrder(t, url, account, "v1") != nil && getInvoice(t, url, account, "v1") != nil
		})
		require.Equal(t, newest, getOrder(t, url, account, "v0")["orderid"])
		eventually(t, "the latest invoice of the account is the other shop's", func() bool {
			return getInvoice(t, url, account, "")["orderid"] == other
		})
		eventually(t, "the shop's latest invoice is the newest order's", func() bool {
			return getInvoice(t, url, account, "v0")["orderid"] == newest
		})
	})
}

func TestAClientMayChooseTheOrderID(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		o := latte(newAccount(), "v0", time.Now())
		o.OrderID = "order-of-" + o.AccountID
		require.Equal(t, o.OrderID, place(t, url, o))
		// Repeated, it is the same order: accepted again, or refused as one that is known.
		again := call(t, http.MethodPost, url+"/order", o.body())
		require.Contains(t, []int{http.StatusAccepted, http.StatusConflict}, again.status, again.body)
		if again.status == http.StatusConflict {
			require.Contains(t, again.message(t), "orderid")
		}
		eventually(t, "the order is stored", func() bool { return getOrder(t, url, o.AccountID, "v0") != nil })
		require.Equal(t, o.OrderID, getOrder(t, url, o.AccountID, "v0")["orderid"])
	})
}

func TestWhatIsNotThereIs404(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		nobody := newAccount()
		for _, path := range []string{
			"/order?accountid=" + nobody + "&vendorid=v0", "/invoice?accountid=" + nobody, "/invoice?accountid=" + nobody + "&vendorid=v0",
		} {
			r := call(t, http.MethodGet, url+path, "")
			require.Equal(t, http.StatusNotFound, r.status, path)
			require.NotEmpty(t, r.message(t))
		}
	})
}

func TestBrowsersMayCall(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		r := call(t, http.MethodOptions, url+"/order", "", "Origin", "https://shop.example.com", "Access-Control-Request-Method", "POST")
		require.Equal(t, http.StatusOK, r.status, r.body)
		require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, r.header.Get("Access-Control-Allow-Methods"), "POST")
		require.Contains(t, r.header.Get("Access-Control-Allow-Headers"), "Content-Type")

		for name, r := range map[string]response{
			"an error of the gateway":  call(t, http.MethodPost, url+"/order", "{}"),
			"an error of the function": call(t, http.MethodGet, url+"/order?accountid=a%2Fb&vendorid=v0", ""),
			"a path that is not there": call(t, http.MethodGet, url+"/nowhere", ""),
			"an order that is absent":  call(t, http.MethodGet, url+"/order?accountid="+newAccount()+"&vendorid=v0", ""),
		} {
			require.GreaterOrEqual(t, r.status, 400, name)
			require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"), name)
		}
	})
}

func TestBadOrdersAreRefusedAndTheMessageNamesTheField(t *testing.T) {
	// with replaces one part of a good order's body.
	good := latte("a0", "v0", time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC)).body()
	with := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	tests := map[string]struct{ body, names string }{
		"no body":                  {"", "body"},
		"not JSON":                 {"{order", "body"},
		"a list":                   {"[]", "body"},
		"no order":                 {"{}", "order"},
		"order is a text":          {`{"order":"latte"}`, "order"},
		"no accountid":             {with(`"accountid":"a0",`, ``), "accountid"},
		"no vendorid":              {with(`"vendorid":"v0",`, ``), "vendorid"},
		"no orderdate":             {with(`"orderdate":"2026-01-31T08:30:00Z",`, ``), "orderdate"},
		"no city":                  {with(`"city":"Lisbon",`, ``), "city"},
		"no details":               {with(`,"details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.75,"quantity":2}`, ``), "details"},
		"no coffeetype":            {with(`"coffeetype":"Latte",`, ``), "coffeetype"},
		"no coffeesize":            {with(`"coffeesize":"Large",`, ``), "coffeesize"},
		"no unitprice":             {with(`"unitprice":3.75,`, ``), "unitprice"},
		"no quantity":              {with(`,"quantity":2`, ``), "quantity"},
		"accountid is a number":    {with(`"a0"`, `7`), "accountid"},
		"accountid is empty":       {with(`"a0"`, `""`), "accountid"},
		"accountid with /":         {with(`"a0"`, `"a/0"`), "accountid"},
		"accountid is ..":          {with(`"a0"`, `".."`), "accountid"},
		"accountid with ../":       {with(`"a0"`, `"../a0"`), "accountid"},
		"accountid is too long":    {with(`"a0"`, `"`+strings.Repeat("a", 129)+`"`), "accountid"},
		"vendorid with a space":    {with(`"v0"`, `"v 0"`), "vendorid"},
		"orderdate is no date":     {with(`2026-01-31T08:30:00Z`, `yesterday`), "orderdate"},
		"orderdate is a number":    {with(`"2026-01-31T08:30:00Z"`, `20260131`), "orderdate"},
		"city is a list":           {with(`"Lisbon"`, `["Lisbon"]`), "city"},
		"quantity 0":               {with(`"quantity":2`, `"quantity":0`), "quantity"},
		"quantity 1.5":             {with(`"quantity":2`, `"quantity":1.5`), "quantity"},
		"quantity x":               {with(`"quantity":2`, `"quantity":"x"`), "quantity"},
		"quantity 10^9":            {with(`"quantity":2`, `"quantity":1000000000`), "quantity"},
		"unitprice -1":             {with(`3.75`, `-1`), "unitprice"},
		"unitprice abc":            {with(`3.75`, `"abc"`), "unitprice"},
		"unitprice 1e400":          {with(`3.75`, `1e400`), "unitprice"},
		"unitprice \"1e400\"":      {with(`3.75`, `"1e400"`), "unitprice"},
		"unknown eventtype":        {with(`"city"`, `"eventtype":["order_eaten"],"city"`), "eventtype"},
		"eventtype is a text":      {with(`"city"`, `"eventtype":"new_order","city"`), "eventtype"},
		"a field that is not ours": {with(`"city"`, `"cty":"Lisbon","city"`), "cty"},
	}
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				r := call(t, http.MethodPost, url+"/order", tt.body, "Content-Type", "application/json")
				require.Equal(t, http.StatusBadRequest, r.status, r.body)
				require.Contains(t, r.message(t), tt.names)
			})
		}
		t.Run("a body over the limit", func(t *testing.T) {
			r := call(t, http.MethodPost, url+"/order", with("Lisbon", strings.Repeat("x", 11<<20)))
			require.Equal(t, http.StatusRequestEntityTooLarge, r.status, r.body)
			require.NotEmpty(t, r.message(t))
		})
		t.Run("a body larger than any order", func(t *testing.T) {
			r := call(t, http.MethodPost, url+"/order", with("Lisbon", strings.Repeat("x", 100<<10)))
			require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, r.status, r.body)
			require.NotEmpty(t, r.message(t))
		})
	})
}

func TestBadQuestionsAreRefusedAndTheMessageNamesTheParameter(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
		names        string
	}{
		{"GET", "/order", 400, "accountid"},
		{"GET", "/order?accountid=a0", 400, "vendorid"},
		{"GET", "/order?vendorid=v0", 400, "accountid"},
		{"GET", "/order?accountid=&vendorid=v0", 400, "accountid"},
		{"GET", "/order?accountid=..%2Fa0&vendorid=v0", 400, "accountid"},
		{"GET", "/order?accountid=a0&vendorid=v%200", 400, "vendorid"},
		{"GET", "/invoice", 400, "accountid"},
		{"GET", "/invoice?accountid=a%2F0", 400, "accountid"},
		{"GET", "/invoice?accountid=a0&vendorid=..", 400, "vendorid"},
		{"GET", "/nowhere", 404, "/nowhere"},
		{"DELETE", "/order", 404, "DELETE"},
		{"POST", "/invoice", 404, "POST"},
	}
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		for _, tt := range tests {
			t.Run(tt.method+" "+tt.path, func(t *testing.T) {
				r := call(t, tt.method, url+tt.path, "")
				require.Equal(t, tt.status, r.status, r.body)
				require.Contains(t, r.message(t), tt.names)
			})
		}
	})
}

func TestAnInvoiceLinkIsGoodForThatInvoiceAlone(t *testing.T) {
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		account := newAccount()
		place(t, url, latte(account, "v0", time.Now()))
		eventually(t, "the order is invoiced", func() bool { return getInvoice(t, url, account, "") != nil })
		var link string
		decode(t, call(t, http.MethodGet, url+"/invoice?accountid="+account, "").body, &link)

		plain, query, ok := strings.Cut(link, "?")
		require.True(t, ok)
		require.Equal(t, http.StatusForbidden, call(t, http.MethodGet, plain, "").status, "the bucket is private")
		require.Equal(t, http.StatusForbidden, call(t, http.MethodGet, plain+"x?"+query, "").status, "another key")
		require.Equal(t, http.StatusForbidden, call(t, http.MethodPut, link, "mine").status, "another method")
		require.Contains(t, query, "X-Amz-Expires=3600")
	})
}
