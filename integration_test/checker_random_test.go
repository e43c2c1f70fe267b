package integration_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// TestManyOrdersForTooLittleCreditAndStock places 2,000 orders of 50 customers for 20 products, with too little credit and
// stock for all of them. Queues deliver each message twice and in any order, checkers are slow, calls fail at random, and
// functions are killed. At the end each order must be shipped or rejected, each deduction made once, and no balance below
// zero.
func TestManyOrdersForTooLittleCreditAndStock(t *testing.T) {
	const seeds = 3
	runAfterOthers(t)
	c := checkerPattern(t)
	first := seed(t)
	for i := range uint64(seeds) {
		t.Run(fmt.Sprintf("SEED=%d", first+i), func(t *testing.T) { manyOrders(t, c, first+i) })
	}
}

func manyOrders(t *testing.T, c *checkerOutputs, seed uint64) {
	const orders, customers, products, parallel = 2000, 50, 20, 24
	generator := checkerclient.NewGenerator(seed, orders, customers, products)
	for id, balance := range generator.Opening.Accounts {
		generator.Opening.Accounts[id] = balance / 2
	}
	for id, pieces := range generator.Opening.Stock {
		generator.Opening.Stock[id] = pieces / 2
	}
	client := checkerclient.NewClient(c.URL, c.APIKey, parallel)
	require.NoError(t, client.SetBalances(t.Context(), generator.Opening, parallel))

	disorderDelivery(t, c, seed)
	injectRandomFaults(t, c, newRandomness(seed, 2))
	var accepted []checker.Order
	answers, err := (&checkerclient.Load{
		Client: client, Next: generator.Next, Count: orders, AtOnce: parallel, Attempts: 30,
		Accepted: func(rec checker.Record) error {
			accepted = append(accepted, rec.Order)
			return nil
		},
	}).Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, orders, answers.Accepted(), "%v", answers.Reasons)

	records := c.waitForAllDecisions(t, accepted)
	audit := checkerclient.Audit{Before: generator.Opening, Accepted: accepted, Orders: records, After: &checkerclient.Balances{
		Accounts: map[string]money.Amount{}, Stock: map[string]int64{},
	}}
	for id, text := range readBalances(t, c.AccountsTableName, "customerId", generator.Opening.Accounts) {
		audit.After.Accounts[id], err = money.Parse(text)
		require.NoError(t, err)
	}
	for id, text := range readBalances(t, c.StockTableName, "productId", generator.Opening.Stock) {
		audit.After.Stock[id], err = strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
	}
	require.Empty(t, audit.Violations())

	outcome := map[checker.Status]int{}
	for _, rec := range records {
		outcome[rec.Status]++
	}
	t.Log(outcome)
	require.Greater(t, outcome[checker.Shipped], orders/10)
	require.Greater(t, outcome[checker.Rejected], orders/10)
	require.Zero(t, countMessages(t, c.failureQueues()...))
}

// waitForAllDecisions waits until each order is shipped or rejected and the queues are empty, and returns the orders. It
// advances the clock past visibility timeouts, the delays of retries and those of the outbox, and only while no function is running.
func (c *checkerOutputs) waitForAllDecisions(t *testing.T, accepted []checker.Order) []checker.Record {
	t.Helper()
	cloud := embedded(t)
	for jumps, quiet := 0, 0; ; time.Sleep(50 * time.Millisecond) {
		visible, all := 0, 0
		for _, url := range c.queues() {
			ready, inFlight := depth(t, url)
			visible, all = visible+ready, all+ready+inFlight
		}
		ready, delayed, inFlight := depths(t, c.OutboxQueueURL)
		visible, all = visible+ready, all+ready+delayed+inFlight
		if visible > 0 || !idle(cloud, c.Functions) {
			quiet = 0
			continue
		}
		if quiet++; quiet < 4 { // an order may be between two functions
			continue
		}
		undecided := c.countUndecided(t, accepted)
		if all == 0 && undecided == 0 {
			return c.readOrders(t, accepted)
		}
		require.Less(t, jumps, 25, "%d messages are left, and %d orders undecided", all, undecided)
		deployment.clock.Advance(61 * time.Second)
		jumps, quiet = jumps+1, 0
	}
}
