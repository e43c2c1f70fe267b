package integration_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// TestManyOrdersForTooLittle has 50 customers order 20 products 2,000 times, with neither the credit nor the stock for all
// of it, while every queue delivers twice and out of order, checkers dawdle, calls fail and functions die. At the end
// nothing may be lost, doubled or below zero, and every order be decided.
func TestManyOrdersForTooLittle(t *testing.T) {
	const seeds = 3
	c := checkerStack(t)
	first := seed(t)
	for i := range uint64(seeds) {
		t.Run(fmt.Sprintf("SEED=%d", first+i), func(t *testing.T) { manyOrdersForTooLittle(t, c, first+i) })
	}
}

func manyOrdersForTooLittle(t *testing.T, c *checkerOutputs, seed uint64) {
	const orders, customers, products, atOnce = 2000, 50, 20, 24
	random := &chance{random: rand.New(rand.NewPCG(seed, 2))}
	generator := checkerclient.NewGenerator(seed, orders, customers, products)
	for id, balance := range generator.Opening.Accounts {
		generator.Opening.Accounts[id] = balance / 2
	}
	for id, pieces := range generator.Opening.Stock {
		generator.Opening.Stock[id] = pieces / 2
	}
	client := checkerclient.NewClient(c.URL, c.APIKey, atOnce)
	require.NoError(t, client.SetBalances(t.Context(), generator.Opening, atOnce))

	disorder(t, c, seed)
	misfortunes(t, c, random)
	var mu sync.Mutex
	var accepted []checker.Order
	answers, err := (&checkerclient.Load{
		Client: client, Next: generator.Next, Count: orders, AtOnce: atOnce, Attempts: 30,
		Accepted: func(rec checker.Record) error {
			mu.Lock()
			defer mu.Unlock()
			accepted = append(accepted, rec.Order)
			return nil
		},
	}).Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, orders, answers.Accepted(), "%v", answers.Reasons)

	records := c.allDecided(t, accepted)
	audit := checkerclient.Audit{Before: generator.Opening, Accepted: accepted, Orders: records, After: &checkerclient.Balances{
		Accounts: map[string]money.Amount{}, Stock: map[string]int64{},
	}}
	for id, text := range balances(t, c.AccountsTableName, "customerId", generator.Opening.Accounts) {
		audit.After.Accounts[id], err = money.Parse(text)
		require.NoError(t, err)
	}
	for id, text := range balances(t, c.StockTableName, "productId", generator.Opening.Stock) {
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
	for _, url := range c.failures() {
		waiting, held := depth(t, url)
		require.Zero(t, waiting+held, url)
	}
}

// disorder has everything delivered twice, and queues in any order.
func disorder(t *testing.T, c *checkerOutputs, seed uint64) {
	t.Helper()
	cloud := embedded(t)
	for i, url := range c.queues() {
		cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{Twice: true, Shuffle: seed + uint64(i)})
		t.Cleanup(func() { cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{}) })
	}
	ship := c.Functions["ship-order"].Name
	cloud.Lambda.SetAsyncDelivery(ship, lambda.AsyncDelivery{Twice: true})
	t.Cleanup(func() { cloud.Lambda.SetAsyncDelivery(ship, lambda.AsyncDelivery{}) })
}

// misfortunes make calls of the checker's functions fail, before they take effect or with the answer lost, end the
// function that makes them, or take long.
func misfortunes(t *testing.T, c *checkerOutputs, random *chance) {
	t.Helper()
	cloud := embedded(t)
	rule := func(action, function string, when fault.When, probability float64, do func(context.Context, fault.Event) error) {
		t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
			Action: action, Principal: "*/" + c.Functions[function].RoleName + "/*", When: when,
			Do: func(ctx context.Context, e fault.Event) error {
				if random.of(probability) {
					return do(ctx, e)
				}
				return nil
			},
		}))
	}
	throttled := func(context.Context, fault.Event) error { return localdb.Throttled() }
	for _, call := range []struct {
		action, function string
		refuse           func(context.Context, fault.Event) error
	}{
		{"dynamodb:PutItem", "capture-order", throttled},
		{"sns:Publish", "capture-order", sns.Throttled},
		{"sqs:SendMessage", "check-balance", sqs.Throttled},
		{"sqs:SendMessage", "check-stock", sqs.Throttled},
		{"dynamodb:UpdateItem", "update-order", throttled},
		{"lambda:InvokeFunction", "update-order", func(context.Context, fault.Event) error { return lambda.Throttled() }},
		{"dynamodb:GetItem", "ship-order", throttled},
		{"dynamodb:UpdateItem", "ship-order", throttled},
	} {
		name := c.Functions[call.function].Name
		die := func(context.Context, fault.Event) error {
			cloud.Lambda.Kill(name)
			return nil
		}
		for _, when := range []fault.When{fault.Before, fault.After} {
			rule(call.action, call.function, when, 0.002, call.refuse)
			rule(call.action, call.function, when, 0.0005, die)
		}
	}
	dawdle := func(ctx context.Context, _ fault.Event) error {
		select {
		case <-time.After(time.Duration(1+random.below(20)) * time.Millisecond):
		case <-ctx.Done():
		}
		return nil
	}
	rule("dynamodb:GetItem", "check-balance", fault.Before, 0.2, dawdle)
	rule("dynamodb:BatchGetItem", "check-stock", fault.Before, 0.2, dawdle)
}

// allDecided waits until every order is shipped or rejected and all copies of messages are dealt with, and reads them. It
// jumps over waits, and only while no function is at work: those for messages that a dead function held to become visible
// again, and those before an invocation is tried again.
func (c *checkerOutputs) allDecided(t *testing.T, accepted []checker.Order) []checker.Record {
	t.Helper()
	cloud := embedded(t)
	idle := func() bool {
		for _, f := range c.Functions {
			if cloud.Lambda.Stats(f.Name).Busy > 0 {
				return false
			}
		}
		return true
	}
	for jumps, quiet := 0, 0; ; time.Sleep(50 * time.Millisecond) {
		visible, all := 0, 0
		for _, url := range c.queues() {
			waiting, held := depth(t, url)
			visible, all = visible+waiting, all+waiting+held
		}
		if visible > 0 || !idle() {
			quiet = 0
			continue
		}
		if quiet++; quiet < 4 { // it may be between two steps
			continue
		}
		if all == 0 && c.undecided(t, accepted) == 0 {
			return c.records(t, accepted)
		}
		require.Less(t, jumps, 25, "%d messages are left, and %d orders undecided", all, c.undecided(t, accepted))
		deployment.clock.Advance(61 * time.Second)
		jumps, quiet = jumps+1, 0
	}
}

// undecided counts these orders' customers' orders that are neither shipped nor rejected.
func (c *checkerOutputs) undecided(t *testing.T, accepted []checker.Order) (n int) {
	t.Helper()
	for _, rec := range c.records(t, accepted) {
		if rec.Status != checker.Shipped && rec.Status != checker.Rejected {
			n++
		}
	}
	return n
}

// records reads all orders of the run that these are of, accepted or not: ids of customers end in the run's.
func (c *checkerOutputs) records(t *testing.T, accepted []checker.Order) []checker.Record {
	t.Helper()
	ours := map[string]bool{}
	for _, o := range accepted {
		ours[o.CustomerID] = true
	}
	var ids []string
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(awsConfig(t)), &dynamodb.ScanInput{
		TableName: &c.OrdersTableName, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("orderId, customerId"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			if ours[it["customerId"].(*dbtypes.AttributeValueMemberS).Value] {
				ids = append(ids, it["orderId"].(*dbtypes.AttributeValueMemberS).Value)
			}
		}
	}
	table := &orders.Table{Client: dynamodb.NewFromConfig(awsConfig(t)), Name: c.OrdersTableName}
	records := make([]checker.Record, len(ids))
	var all errgroup.Group
	all.SetLimit(8)
	for i, id := range ids {
		all.Go(func() (err error) {
			records[i], err = table.Get(t.Context(), id)
			return err
		})
	}
	require.NoError(t, all.Wait())
	return records
}

// balances reads the items of a table whose keys these are.
func balances[N any](t *testing.T, table, key string, of map[string]N) map[string]string {
	t.Helper()
	found := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(awsConfig(t)), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			id := it[key].(*dbtypes.AttributeValueMemberS).Value
			if _, ours := of[id]; ours {
				found[id] = it["balance"].(*dbtypes.AttributeValueMemberN).Value
			}
		}
	}
	return found
}
