package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// description returns the description of an error response, which must have this status.
func description(t *testing.T, r response, status int) string {
	t.Helper()
	var e struct {
		Status      int
		Description string
	}
	decode(t, r.body, &e)
	require.Equal(t, status, e.Status, r.body)
	require.NotEmpty(t, e.Description)
	return e.Description
}

func TestInvalidCheckerRequestIsRefusedAndTheDescriptionNamesTheField(t *testing.T) {
	c := checkerPattern(t)
	valid := checkerOrder("c1", "p1", 1, "30")
	with := func(old, replacement string) string {
		require.Contains(t, valid, old)
		return strings.Replace(valid, old, replacement, 1)
	}
	for name, tt := range map[string]struct{ path, body, names string }{
		"no body":                     {"/order", "", "body"},
		"not JSON":                    {"/order", "{order", "body"},
		"no customer":                 {"/order", with(`"customerId":"c1",`, ""), "customerId"},
		"customer is a number":        {"/order", with(`"c1"`, "7"), "customerId"},
		"customer with a slash":       {"/order", with(`"c1"`, `"a/b"`), "customerId"},
		"no items":                    {"/order", with(`"items":[{"productId":"p1","qty":1}],`, ""), "items"},
		"empty items":                 {"/order", with(`[{"productId":"p1","qty":1}]`, "[]"), "items"},
		"no product":                  {"/order", with(`"productId":"p1",`, ""), "items[0].productId"},
		"qty 0":                       {"/order", with(`"qty":1`, `"qty":0`), "items[0].qty"},
		"qty is a string":             {"/order", with(`"qty":1`, `"qty":"1"`), "items[0].qty"},
		"qty 1.5":                     {"/order", with(`"qty":1`, `"qty":1.5`), "items[0].qty"},
		"total is a string":           {"/order", with(`"totalAmount":30`, `"totalAmount":"30"`), "totalAmount"},
		"total below zero":            {"/order", with(`"totalAmount":30`, `"totalAmount":-1`), "totalAmount"},
		"an unknown field":            {"/order", with(`"customerId"`, `"custmerId":"x","customerId"`), "custmerId"},
		"no orders":                   {"/orders", "{}", "orders"},
		"orders is an object":         {"/orders", `{"orders":{}}`, "orders"},
		"empty orders":                {"/orders", `{"orders":[]}`, "orders"},
		"account without a customer":  {"/account", `{"balance":1}`, "customerId"},
		"account without a balance":   {"/account", `{"customerId":"c1"}`, "balance"},
		"account balance is a string": {"/account", `{"customerId":"c1","balance":"100"}`, "balance"},
		"account balance below zero":  {"/account", `{"customerId":"c1","balance":-1}`, "balance"},
		"stock without a product":     {"/stock", `{"balance":1}`, "productId"},
		"stock is a string":           {"/stock", `{"productId":"p1","balance":"1"}`, "balance"},
		"half a piece":                {"/stock", `{"productId":"p1","balance":0.5}`, "balance"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.post(t, tt.path, tt.body, "Content-Type", "application/json")
			require.Equal(t, http.StatusBadRequest, r.status, r.body)
			require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
			require.Contains(t, description(t, r, 400), tt.names)
		})
	}
}

func TestOneInvalidOrderOfSeveralIsNamedAndNoneIsCaptured(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	r := c.post(t, "/orders", `{"orders":[`+checkerOrder(customer, product, 1, "3")+","+checkerOrder(customer, product, 0, "4")+`]}`)
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
	require.Contains(t, description(t, r, 400), "orders[1].items[0].qty")
	time.Sleep(300 * time.Millisecond)
	require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 10, "10"))).Status, "neither credit nor stock was deducted")
}

func TestUnknownOrderIsNotFound(t *testing.T) {
	c := checkerPattern(t)
	r := call(t, http.MethodGet, c.URL+"/order/"+uuid.NewString()+"/status", "", c.header()...)
	require.Equal(t, http.StatusNotFound, r.status)
	require.JSONEq(t, `{"code":404,"message":"Order not found"}`, r.body)
}

func TestCheckerCORS(t *testing.T) {
	c := checkerPattern(t)
	r := call(t, http.MethodOptions, c.URL+"/order", "", "Origin", "https://shop.example.com", "Access-Control-Request-Method", "POST")
	require.Equal(t, http.StatusOK, r.status)
	require.Contains(t, r.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key")
	r = call(t, http.MethodGet, c.URL+"/nowhere", "", c.header()...)
	require.Equal(t, http.StatusNotFound, r.status)
	require.Contains(t, description(t, r, 404), "/nowhere")
	require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
}

func TestCheckerRequestWithoutAPIKeyIsForbidden(t *testing.T) {
	c := checkerPattern(t)
	skipUnless(t, c.APIKey != "", "an API that requires a key")
	for _, key := range [][]string{nil, {"X-Api-Key", "not-" + c.APIKey}} {
		r := call(t, http.MethodGet, c.URL+"/order/"+uuid.NewString()+"/status", "", key...)
		require.Equal(t, http.StatusForbidden, r.status, r.body)
		require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
	}
}
