package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/checker"
)

func TestCheckerSetsBalancesPlacesWaitsAndReports(t *testing.T) {
	c := newCheckerAPI(t)
	c.apiKey, c.decidesAt = "secret", 400 // the first round finds nothing
	project(t, `{"checker":{"url":"`+c.api()+`/","apiKey":"secret"},"region":"x"}`)
	t.Setenv("ORDERS_API_KEY", "of another API")
	out, _, err := orders(t, "checker", "-n", "300", "-c", "8", "--seed", "7", "--customers", "10", "--products", "5")
	require.NoError(t, err, out)
	require.Regexp(t, `^10 accounts and the stock of 5 products set in \S+
300 orders placed in \S+, 8 at a time: [0-9.]+/s \(seed 7\)
  200       300
  latency   p50 \S+  p90 \S+  p99 \S+  max \S+
300 accepted orders: all decided \S+ after the first was placed: [0-9.]+/s
  Rejected +\d+
(    \d+ times: (Insufficient|Unknown) [a-z]+.*
)+  Shipped +\d+
for example order o\d+ of customer \S+: Rejected; .*
for example order o\d+ of customer \S+: Shipped; Sufficient account balance; Sufficient stock; Shipped
$`, out)
	require.Equal(t, 300, c.posts)
	require.Len(t, c.orders, 300)
	require.Len(t, c.accounts, 10)
	require.Len(t, c.stock, 5)
	require.Greater(t, c.looks, 300)
}

func TestAPIKeyOfAnAPIElsewhereIsThatOfTheFlagOrTheEnvironment(t *testing.T) {
	c := newCheckerAPI(t)
	c.apiKey = "secret"
	project(t, "")
	_, _, err := orders(t, "checker", "-n", "2", "--url", c.api())
	require.ErrorContains(t, err, ": 403 Forbidden: Forbidden")
	_, _, err = orders(t, "checker", "-n", "2", "--url", c.api(), "--api-key", "secret")
	require.NoError(t, err)
	t.Setenv("ORDERS_API_KEY", "secret")
	_, _, err = orders(t, "checker", "-n", "2", "--url", c.api())
	require.NoError(t, err)
	_, _, err = orders(t, "checker", "-n", "2", "--url", c.api(), "--api-key", "wrong")
	require.ErrorContains(t, err, ": 403 Forbidden: Forbidden")
}

func TestOrderIsRetriedAndIsStoredOnce(t *testing.T) {
	c := newCheckerAPI(t)
	c.statusOf = func(post int) int {
		if post%5 == 0 {
			return 503
		}
		return 200
	}
	project(t, "")
	out, _, err := orders(t, "checker", "-n", "40", "-c", "4", "--url", c.api(), "--attempts", "20")
	require.NoError(t, err, out)
	require.Contains(t, out, "  200       40\n")
	require.Greater(t, c.posts, 40)
	require.Len(t, c.orders, 40)

	// With one attempt, orders without an answer are stored, too, and may stay Pending.
	c = newCheckerAPI(t)
	c.statusOf = func(post int) int { return []int{200, 503}[post%2] }
	out, _, err = orders(t, "checker", "-n", "40", "--url", c.api(), "--attempts", "1")
	require.EqualError(t, err, "20 of 40 orders were not accepted")
	require.Contains(t, out, "  200       20\n  503       20\n")
	require.Contains(t, out, "20 accepted orders: all decided ")
	require.NotContains(t, out, "wrong:")
}

func TestUndecidedOrdersArePrinted(t *testing.T) {
	c := newCheckerAPI(t)
	c.decidesAt = 16 // the last five of twenty requests
	project(t, "")
	out, _, err := orders(t, "checker", "-n", "20", "--url", c.api(), "--wait", "0s")
	require.EqualError(t, err, "15 of 20 accepted orders are not decided")
	require.Contains(t, out, "20 accepted orders: 5 decided ")
	require.Contains(t, out, "  Pending       15\n")
	require.Equal(t, 15, strings.Count(out, "undecided: order o"))
	require.NotContains(t, out, "wrong:")
}

func TestOrderWithoutAStatusIsPrintedWithTheReason(t *testing.T) {
	c := newCheckerAPI(t)
	project(t, "")
	c.broken = func(rec *checker.Record) { delete(c.orders, rec.OrderID); rec.Status = checker.Pending }
	out, _, err := orders(t, "checker", "-n", "1", "--url", c.api(), "--wait", "300ms")
	require.EqualError(t, err, "1 of 1 accepted orders are not decided")
	require.Regexp(t, `undecided: order o1 of customer \S+: Pending; .*; 404 Not Found: Order not found\n`, out)
}

func TestInconsistentResultsArePrintedAndFail(t *testing.T) {
	project(t, "")
	for want, broken := range map[string]func(*checker.Record){
		"is Rejected without a reason": func(r *checker.Record) {
			r.Status, r.Logs = checker.Rejected, []string{"Sufficient stock"}
		},
		"shipped orders took": func(r *checker.Record) {
			r.Status, r.Logs = checker.Shipped, []string{"Sufficient account balance", "Sufficient stock", "Shipped"}
		},
		"has a log line twice": func(r *checker.Record) { r.Logs = append(r.Logs, r.Logs...) },
	} {
		c := newCheckerAPI(t)
		c.broken = broken
		out, _, err := orders(t, "checker", "-n", "200", "--customers", "5", "--products", "5", "--seed", "3", "--url", c.api())
		require.ErrorContains(t, err, "the results are inconsistent: ")
		require.Contains(t, out, "wrong: ")
		require.Contains(t, out, want)
	}
}

func TestInterruptedCheckerPrintsItsReport(t *testing.T) {
	c := newCheckerAPI(t)
	project(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	c.statusOf = func(post int) int {
		if post == 5 {
			cancel()
		}
		return 200
	}
	var out strings.Builder
	err := run(ctx, []string{"checker", "-n", "1000", "-c", "1", "--url", c.api()}, &out, &strings.Builder{})
	require.ErrorContains(t, err, "orders not sent")
	require.Contains(t, out.String(), "5 orders placed in ")
}

func TestInterruptedWaitingPrintsHowManyAreLeft(t *testing.T) {
	c := newCheckerAPI(t)
	project(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	c.decidesAt, c.looked = 1<<30, func(look int) {
		if look == 15 {
			cancel()
		}
	}
	err := run(ctx, []string{"checker", "-n", "10", "--url", c.api()}, &strings.Builder{}, &strings.Builder{})
	require.EqualError(t, err, "stopped with 10 orders not decided")
}

func TestCheckoutIsTheFormerNameOfChecker(t *testing.T) {
	c := newCheckerAPI(t)
	project(t, "")
	out, _, err := orders(t, "checkout", "-n", "1", "--url", c.api())
	require.NoError(t, err)
	require.Contains(t, out, "1 accepted orders: all decided ")
}
