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

// apiRoute is a route of a deployed API, with a request that its function would accept.
type apiRoute struct {
	pattern, method, url, body string
	header                     []string // that of the API key
	balances                   bool     // it sets balances
}

func (r apiRoute) String() string { return r.pattern + " " + r.method + " " + r.url }

// call sends the request with a header Authorization; "" for none.
func (r apiRoute) call(t *testing.T, authorization string) response {
	t.Helper()
	header := r.header
	if authorization != "" {
		header = append([]string{"Authorization", authorization}, header...)
	}
	return call(t, r.method, r.url, r.body, header...)
}

// allRoutes returns the routes of all patterns, with requests about an account.
func allRoutes(account string) (routes []apiRoute) {
	order := newOrder(account, "v0", time.Now())
	for pattern, url := range map[string]string{
		"fanout": deployment.outputs.FanOut.URL, "orchestrator": deployment.outputs.Orchestrator.URL, "eventstream": deployment.outputs.EventStream.URL,
	} {
		routes = append(routes,
			apiRoute{pattern: pattern, method: http.MethodPost, url: url + "/order", body: order.body()},
			apiRoute{pattern: pattern, method: http.MethodGet, url: url + "/order?vendorid=v0&accountid=" + account},
			apiRoute{pattern: pattern, method: http.MethodGet, url: url + "/invoice?accountid=" + account})
	}
	c := deployment.outputs.Checker
	placed := checkerOrder(account, "p0", 1, "1")
	for path, body := range map[string]string{
		"/order": placed, "/orders": `{"orders":[` + placed + `]}`, "/account": fmt.Sprintf(`{"customerId":%q,"balance":100}`, account), "/stock": `{"productId":"p0","balance":100}`,
	} {
		routes = append(routes, apiRoute{
			pattern: "checker", method: http.MethodPost, url: c.URL + path, body: body, header: c.header(), balances: path == "/account" || path == "/stock",
		})
	}
	return append(routes, apiRoute{pattern: "checker", method: http.MethodGet, url: c.URL + "/order/unknown/status", header: c.header()})
}

// requireRefused asserts that a response is an error in the layout of the pattern's API, and that browsers may read it.
func requireRefused(t *testing.T, r apiRoute, got response, status int, text string) {
	t.Helper()
	require.Equal(t, status, got.status, "%s: %s", r, got.body)
	require.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"), r)
	var fault struct {
		Message, Description string
		Status               int
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &fault), "%s: %s", r, got.body)
	if r.pattern == "checker" {
		require.Equal(t, status, fault.Status, "%s: %s", r, got.body)
	}
	require.Contains(t, fault.Message+fault.Description, text, r)
	require.Less(t, len(got.body), 200, "%s: %s", r, got.body)
	require.NotContains(t, strings.ToLower(got.body), "arn:")
}

// preflightsAreOpen asserts that a browser may ask what it may send.
func preflightsAreOpen(t *testing.T) {
	for _, r := range allRoutes("a0") {
		url, _, _ := strings.Cut(r.url, "?")
		got := call(t, http.MethodOptions, url, "")
		require.Equal(t, http.StatusOK, got.status, r)
		require.Contains(t, got.header.Get("Access-Control-Allow-Headers"), "Authorization", r)
	}
}
