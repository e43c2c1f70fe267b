package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
)

func TestPlaceCountsAnswersAndWritesAcceptedOrders(t *testing.T) {
	b := newCoffeeAPI(t)
	dir := project(t, `{"fanout":{"url":"`+b.api()+`/"}}`)
	out, _, err := orders(t, "place", "-n", "200", "-c", "8", "--seed", "7")
	require.NoError(t, err)
	require.Regexp(t, `^200 orders placed in \S+, 8 at a time: [0-9.]+/s \(seed 7\)\n  202       200\n  latency   p50 \S+  p90 \S+  p99 \S+  max \S+\n$`, out)
	require.Equal(t, 200, b.posts)
	require.Len(t, b.orders, 200, "every order has an account of its own")

	placed, err := readAccepted(filepath.Join(dir, ".local", "accepted.jsonl"), b.api())
	require.NoError(t, err)
	require.Len(t, placed, 200)
	for _, a := range placed {
		require.Equal(t, a.OrderID, b.orders[a.AccountID+"/"+a.VendorID].OrderID)
	}

	out, _, err = orders(t, "verify")
	require.NoError(t, err)
	require.Regexp(t, `^200 accepted orders: 200 stored \(all \S+ after verify began\), 200 invoiced \(all \S+ after verify began\)\nall done \S+ after verify began: \S+/s\n$`, out)
}

func TestRefusedOrderIsCountedAndNotRetried(t *testing.T) {
	b := newCoffeeAPI(t)
	b.statusOf = func(post int) int {
		switch {
		case post%10 == 0:
			return 429
		case post == 5:
			return 503
		}
		return 202
	}
	project(t, "")
	out, _, err := orders(t, "place", "-n", "50", "-c", "4", "--url", b.api())
	require.EqualError(t, err, "6 of 50 orders were not accepted")
	require.Equal(t, 50, b.posts)
	require.Contains(t, out, "  202       44\n  429       5\n  503       1\n")
	require.Contains(t, out, "  5 times: 429 Too Many Requests: Too Many Requests\n")

	out, _, err = orders(t, "verify", "--url", b.api())
	require.NoError(t, err)
	require.Contains(t, out, "44 accepted orders: 44 stored")
}

func TestMissingAnswerIsCounted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	project(t, "")
	out, _, err := orders(t, "place", "-n", "3", "--url", "http://"+address)
	require.EqualError(t, err, "3 of 3 orders were not accepted")
	require.Contains(t, out, "  no answer 3\n")
	require.Contains(t, out, "  3 times: no answer: dial: ")
}

func TestPlaceWaitsUntilAllAreStoredAndInvoiced(t *testing.T) {
	b := newCoffeeAPI(t)
	b.storedAt = 15 // the first round of ten finds nothing
	project(t, "")
	out, _, err := orders(t, "place", "-n", "10", "--url", b.api(), "--wait", "30s")
	require.NoError(t, err)
	require.Contains(t, out, "10 accepted orders: 10 stored (all ")
	require.Regexp(t, `all done \S+ after the first was placed: `, out)
	require.Greater(t, b.looks, 10)
}

func TestVerifyPrintsWhatIsMissingAndFails(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, "")
	_, _, err := orders(t, "place", "-n", "100", "--url", b.api(), "--seed", "1")
	require.NoError(t, err)
	b.noItem, b.noBill = "Berlin", "Tokyo"
	items, bills := 0, 0
	for _, o := range b.orders {
		switch o.City {
		case b.noItem:
			items++
		case b.noBill:
			bills++
		}
	}
	require.Positive(t, items)
	require.Positive(t, bills)
	out, _, err := orders(t, "verify", "--url", b.api(), "--wait", "0s")
	require.EqualError(t, err, fmt.Sprintf("%d of 100 accepted orders are not stored and invoiced", items+bills))
	require.Contains(t, out, fmt.Sprintf("100 accepted orders: %d stored, %d invoiced\n", 100-items, 100-bills))
	require.Equal(t, items, strings.Count(out, "not stored: 404 Not Found: no active order\n"))
	require.Equal(t, bills, strings.Count(out, "not invoiced: 404 Not Found: no invoice\n"))
	require.Regexp(t, regexp.MustCompile(`(?m)^missing: order o\d+ of account \S+ at vendor shop-\d+: not stored: `), out)
}

func TestVerifyReportsAnotherOrderInItsPlace(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, "")
	_, _, err := orders(t, "place", "-n", "1", "--url", b.api())
	require.NoError(t, err)
	for k, o := range b.orders {
		o.OrderID = "other"
		b.orders[k] = o
	}
	out, _, err := orders(t, "verify", "--url", b.api(), "--wait", "0s")
	require.Error(t, err)
	require.Contains(t, out, `not stored: another order is there: "other"; not invoiced: another order is there: "other"`)
}

func TestVerifyWithoutAcceptedOrdersIsAnError(t *testing.T) {
	dir := project(t, "")
	_, _, err := orders(t, "verify", "--url", "http://127.0.0.1:1/prod")
	require.EqualError(t, err, filepath.Join(dir, ".local", "accepted.jsonl")+" does not exist: no orders were placed")

	b := newCoffeeAPI(t)
	_, _, err = orders(t, "place", "-n", "1", "--url", b.api())
	require.NoError(t, err)
	_, _, err = orders(t, "verify", "--url", "http://127.0.0.1:1/prod")
	require.ErrorContains(t, err, "has no orders that http://127.0.0.1:1/prod accepted")

	file := filepath.Join(dir, "broken.jsonl")
	require.NoError(t, os.WriteFile(file, []byte("{}\n"), 0o600))
	_, _, err = orders(t, "verify", "--url", b.api(), "--accepted", file)
	require.EqualError(t, err, file+":1: not an accepted order: {}")
}

func TestResetEmptiesTheFile(t *testing.T) {
	b := newCoffeeAPI(t)
	file := filepath.Join(project(t, ""), "new", "accepted.jsonl")
	for range 2 {
		_, _, err := orders(t, "place", "-n", "3", "--url", b.api(), "--accepted", file)
		require.NoError(t, err)
	}
	placed, err := readAccepted(file, b.api())
	require.NoError(t, err)
	require.Len(t, placed, 6)
	_, _, err = orders(t, "place", "-n", "2", "--url", b.api(), "--accepted", file, "--reset")
	require.NoError(t, err)
	placed, err = readAccepted(file, b.api())
	require.NoError(t, err)
	require.Len(t, placed, 2)
}

func TestInterruptedPlacePrintsItsReport(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	b.statusOf = func(post int) int {
		if post == 5 {
			cancel()
		}
		return 202
	}
	var out strings.Builder
	err := run(ctx, []string{"place", "-n", "1000", "-c", "1", "--url", b.api()}, &out, &strings.Builder{})
	require.ErrorContains(t, err, "orders not sent")
	require.Contains(t, out.String(), "5 orders placed in ")
	require.Less(t, b.posts, 10)
}

func TestGetPrintsTheItem(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, "")
	o := coffeeclient.NewGenerator(1, time.Now).Next()
	o.OrderID, o.AccountID, o.VendorID = "o1", "a0", "v0"
	b.orders["a0/v0"] = o
	out, _, err := orders(t, "get", "--url", b.api(), "--accountid", "a0", "--vendorid", "v0")
	require.NoError(t, err)
	want, err := o.JSON()
	require.NoError(t, err)
	require.JSONEq(t, string(want), out)
	require.Contains(t, out, "\n  \"accountid\": \"a0\",\n")

	_, _, err = orders(t, "get", "--url", b.api(), "--accountid", "a0", "--vendorid", "v1")
	require.EqualError(t, err, "404 Not Found: no active order")
}

func TestInvoicePrintsOrSavesTheDocument(t *testing.T) {
	b := newCoffeeAPI(t)
	dir := project(t, "")
	o := coffeeclient.NewGenerator(1, time.Now).Next()
	o.OrderID, o.AccountID, o.VendorID = "o1", "a0", "v0"
	b.orders["a0/v0"] = o
	out, _, err := orders(t, "invoice", "--url", b.api(), "--accountid", "a0", "--vendorid", "v0")
	require.NoError(t, err)
	var document struct {
		OrderID string
		Total   json.Number
	}
	require.NoError(t, json.Unmarshal([]byte(out), &document))
	require.Equal(t, "o1", document.OrderID)
	require.NotEmpty(t, document.Total)

	file := filepath.Join(dir, "invoice.json")
	stdout, stderr, err := orders(t, "invoice", "--url", b.api(), "--accountid", "a0", "--vendorid", "v0", "-o", file)
	require.NoError(t, err)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "saved to "+file)
	saved, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, out, string(saved))

	_, _, err = orders(t, "invoice", "--url", b.api(), "--accountid", "a0")
	require.EqualError(t, err, "404 Not Found: no invoice")
}

func TestShowPrintsTheLastOrderAndItsInvoice(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, "")
	_, _, err := orders(t, "place", "-n", "5", "-c", "1", "--url", b.api())
	require.NoError(t, err)
	out, _, err := orders(t, "show", "--url", b.api())
	require.NoError(t, err)
	item, invoice, found := strings.Cut(out, "The invoice of order o5:\n")
	require.True(t, found, out)
	text, found := strings.CutPrefix(item, "The item of order o5:\n")
	require.True(t, found, out)
	for _, document := range []string{text, invoice} {
		require.Contains(t, document, "\n  \"orderid\": \"o5\",\n", "laid out for a person")
		require.True(t, json.Valid([]byte(document)), document)
	}
	require.Contains(t, invoice, `"total"`)

	for k, o := range b.orders {
		o.City = "Tokyo"
		b.orders[k] = o
	}
	b.noBill = "Tokyo"
	_, _, err = orders(t, "show", "--url", b.api())
	require.EqualError(t, err, "getting the invoice of order o5: 404 Not Found: no invoice")
}
