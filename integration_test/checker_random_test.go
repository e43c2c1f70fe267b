package integration_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// TestRandomFaultsLoseNoOrderOfTheChecker asserts that each order is shipped or rejected, each deduction made once, and no
// balance below zero.
func TestRandomFaultsLoseNoOrderOfTheChecker(t *testing.T) {
	forEachSeed(t, func(t *testing.T, seed uint64) { randomChecker(t, seed, 200, 10, 8) })
}

// TestManyOrdersForTooLittleCreditAndStock places 2,000 orders of 50 customers for 20 products.
func TestManyOrdersForTooLittleCreditAndStock(t *testing.T) {
	largeRun(t, func(t *testing.T, seed uint64) { randomChecker(t, seed, 2000, 50, 20) })
}

// randomChecker places orders with too little credit and stock for all of them, and repeats each request until it is
// answered.
func randomChecker(t *testing.T, seed uint64, orders, customers, products int) {
	const parallel = 16
	c := checkerPattern(t)
	generator := checkerclient.NewGenerator(seed, orders, customers, products)
	for id, balance := range generator.Opening.Accounts {
		generator.Opening.Accounts[id] = balance / 2
	}
	for id, pieces := range generator.Opening.Stock {
		generator.Opening.Stock[id] = pieces / 2
	}
	client := checkerclient.NewClient(c.URL, c.APIKey, parallel)
	require.NoError(t, client.SetBalances(t.Context(), generator.Opening, parallel))

	trouble := startTrouble(t, seed, c.weaknesses())
	defer trouble.end()
	poisoned := c.poison(t, seed)
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
	trouble.outlast()

	records := c.waitForAllDecisions(t, longestDelay, accepted)
	audit := checkerclient.Audit{Before: generator.Opening, Accepted: accepted, Orders: records, After: c.readAllBalances(t, generator.Opening)}
	require.Empty(t, audit.Violations())

	outcome := map[checker.Status]int{}
	for _, rec := range records {
		outcome[rec.Status]++
	}
	t.Log(outcome)
	require.Greater(t, outcome[checker.Shipped], orders/10)
	require.Greater(t, outcome[checker.Rejected], orders/10)
	for _, url := range c.failureQueues() {
		dead := receiveAll(t, url)
		slices.Sort(dead)
		require.ElementsMatch(t, poisoned[url], slices.Compact(dead), url)
	}
}

// waitForAllDecisions waits until each order is shipped or rejected and the queues are empty, and returns the orders. It
// advances the clock by step while nothing moves.
func (c *checkerOutputs) waitForAllDecisions(t *testing.T, step time.Duration, accepted []checker.Order) []checker.Record {
	t.Helper()
	c.weaknesses().waitUntilDone(t, step, func() bool { return c.countUndecided(t, accepted) == 0 })
	return c.readOrders(t, accepted)
}

// poison publishes an order that the checkers cannot parse, and sends a finding and a message of the outbox that cannot be
// parsed. It returns what each dead-letter queue must have at the end.
func (c *checkerOutputs) poison(t *testing.T, seed uint64) map[string][]string {
	t.Helper()
	order, finding := fmt.Sprintf(`{"orderId":"poison-%d","items":"none"}`, seed), fmt.Sprintf(`{"orderId":"poison-%d","check":"none"}`, seed)
	announcement := fmt.Sprintf(`{"orderIds":"poison-%d"}`, seed)
	for err := error(context.Canceled); err != nil; {
		_, err = snsClient(t).Publish(t.Context(), &awssns.PublishInput{TopicArn: &c.TopicARN, Message: &order})
	}
	for url, body := range map[string]string{c.UpdateQueueURL: finding, c.OutboxQueueURL: announcement} {
		for err := error(context.Canceled); err != nil; {
			_, err = sqsClient(t).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
		}
	}
	return map[string][]string{
		c.BalanceDeadLettersURL: {order}, c.StockDeadLettersURL: {order}, c.UpdateDeadLettersURL: {finding}, c.OutboxDeadLettersURL: {announcement},
	}
}

// readAllBalances reads the balances of the accounts and products that there were before.
func (c *checkerOutputs) readAllBalances(t *testing.T, before checkerclient.Balances) *checkerclient.Balances {
	t.Helper()
	after := &checkerclient.Balances{Accounts: map[string]money.Amount{}, Stock: map[string]int64{}}
	var err error
	for id, text := range readBalances(t, c.AccountsTableName, "customerId", before.Accounts) {
		after.Accounts[id], err = money.Parse(text)
		require.NoError(t, err)
	}
	for id, text := range readBalances(t, c.StockTableName, "productId", before.Stock) {
		after.Stock[id], err = strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
	}
	return after
}
