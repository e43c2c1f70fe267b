package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
)

func TestInvalidOrderIsRefusedAndTheMessageNamesTheField(t *testing.T) {
	// with returns the body of a valid order with one part replaced.
	valid := newOrder("a0", "v0", time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC)).body()
	with := func(old, replacement string) string {
		require.Contains(t, valid, old)
		return strings.Replace(valid, old, replacement, 1)
	}
	tests := map[string]struct{ body, names string }{
		"no body":                 {"", "body"},
		"not JSON":                {"{order", "body"},
		"a list":                  {"[]", "body"},
		"no order":                {"{}", "order"},
		"order is a string":       {`{"order":"latte"}`, "order"},
		"no accountid":            {with(`"accountid":"a0",`, ``), "accountid"},
		"no vendorid":             {with(`"vendorid":"v0",`, ``), "vendorid"},
		"no orderdate":            {with(`"orderdate":"2026-01-31T08:30:00Z",`, ``), "orderdate"},
		"no city":                 {with(`"city":"Lisbon",`, ``), "city"},
		"no details":              {with(`,"details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.75,"quantity":2}`, ``), "details"},
		"no coffeetype":           {with(`"coffeetype":"Latte",`, ``), "coffeetype"},
		"no coffeesize":           {with(`"coffeesize":"Large",`, ``), "coffeesize"},
		"no unitprice":            {with(`"unitprice":3.75,`, ``), "unitprice"},
		"no quantity":             {with(`,"quantity":2`, ``), "quantity"},
		"accountid is a number":   {with(`"a0"`, `7`), "accountid"},
		"accountid is empty":      {with(`"a0"`, `""`), "accountid"},
		"accountid with /":        {with(`"a0"`, `"a/0"`), "accountid"},
		"accountid is ..":         {with(`"a0"`, `".."`), "accountid"},
		"accountid with ../":      {with(`"a0"`, `"../a0"`), "accountid"},
		"accountid is too long":   {with(`"a0"`, `"`+strings.Repeat("a", 129)+`"`), "accountid"},
		"vendorid with a space":   {with(`"v0"`, `"v 0"`), "vendorid"},
		"orderdate is not a date": {with(`2026-01-31T08:30:00Z`, `yesterday`), "orderdate"},
		"orderdate is a number":   {with(`"2026-01-31T08:30:00Z"`, `20260131`), "orderdate"},
		"city is a list":          {with(`"Lisbon"`, `["Lisbon"]`), "city"},
		"quantity 0":              {with(`"quantity":2`, `"quantity":0`), "quantity"},
		"quantity 1.5":            {with(`"quantity":2`, `"quantity":1.5`), "quantity"},
		"quantity x":              {with(`"quantity":2`, `"quantity":"x"`), "quantity"},
		"quantity 10^9":           {with(`"quantity":2`, `"quantity":1000000000`), "quantity"},
		"unitprice -1":            {with(`3.75`, `-1`), "unitprice"},
		"unitprice abc":           {with(`3.75`, `"abc"`), "unitprice"},
		"unitprice 1e400":         {with(`3.75`, `1e400`), "unitprice"},
		"unitprice \"1e400\"":     {with(`3.75`, `"1e400"`), "unitprice"},
		"unknown eventtype":       {with(`"city"`, `"eventtype":["order_eaten"],"city"`), "eventtype"},
		"eventtype is a string":   {with(`"city"`, `"eventtype":"new_order","city"`), "eventtype"},
		"unknown field":           {with(`"city"`, `"cty":"Lisbon","city"`), "cty"},
		"unknown field of body":   {with(`{"order"`, `{"orders":[],"order"`), "orders"},
		"key that occurs twice":   {with(`"city"`, `"city":"Rome","city"`), "city"},
		"long value":              {with(`"a0"`, `"`+strings.Repeat("a", 60<<10)+`"`), "accountid"},
	}
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				r := call(t, http.MethodPost, url+"/order", tt.body, "Content-Type", "application/json")
				if r.status == http.StatusAccepted {
					// In front of the Orchestrator there is no function. Its first state refuses what the schema cannot tell.
					failed := refusedByTheMachine(t, url, r)
					require.Contains(t, aws.ToString(failed.Cause), tt.names)
					return
				}
				require.Equal(t, http.StatusBadRequest, r.status, r.body)
				require.Contains(t, r.message(t), tt.names)
				require.Less(t, len(r.body), 1000, "it does not repeat what was sent")
			})
		}
		t.Run("a body over the limit", func(t *testing.T) {
			r := call(t, http.MethodPost, url+"/order", with("Lisbon", strings.Repeat("x", 11<<20)))
			require.Equal(t, http.StatusRequestEntityTooLarge, r.status, r.body)
			require.Equal(t, "HTTP content length exceeded 10485760 bytes.", r.body, "API Gateway's own text, which no API can change")
		})
		t.Run("a body larger than any order", func(t *testing.T) {
			r := call(t, http.MethodPost, url+"/order", with("Lisbon", strings.Repeat("x", 100<<10)))
			require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, r.status, r.body)
			require.Less(t, len(r.message(t)), 1000)
			r = call(t, http.MethodPost, url+"/order", with(`"city"`, `"x":"`+strings.Repeat("x", 300<<10)+`","city"`))
			require.Equal(t, http.StatusRequestEntityTooLarge, r.status, r.body)
			require.Less(t, len(r.message(t)), 1000)
		})
	})
}

func TestInvalidQueryIsRefusedAndTheMessageNamesTheParameter(t *testing.T) {
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
