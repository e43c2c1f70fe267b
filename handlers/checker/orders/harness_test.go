package orders_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/order/checker"
)

var now = time.Date(2026, 3, 1, 8, 30, 0, 123_000_000, time.UTC)

func order(id string) checker.Order {
	return checker.Order{
		OrderID: id, CustomerID: "c1", Items: []checker.Item{{ProductID: "123", Qty: 2}, {ProductID: "456", Qty: 1}}, TotalAmount: 105_000,
	}
}

// start returns an empty table, and its DynamoDB.
func start(t testing.TB) (*orders.Table, *dynamodbtest.DynamoDB) {
	t.Helper()
	db := dynamodbtest.Start(t)
	return &orders.Table{Client: db.Client, Name: db.Table(t, "orders", "orderId")}, db
}

// create stores new orders.
func create(t tester, b *orders.Table, ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, err := b.Create(context.Background(), checker.NewRecord(order(id), now))
		require.NoError(t, err)
	}
}

func get(t tester, b *orders.Table, id string) checker.Record {
	t.Helper()
	rec, err := b.Get(context.Background(), id)
	require.NoError(t, err)
	return rec
}

const (
	rich  = "Sufficient account balance"
	poor  = "Insufficient account balance: 10.5 wanted, 1 left"
	there = "Sufficient stock"
	gone  = "Insufficient stock of 456: 1 wanted, 0 left"
)

// found returns a finding of the check on order o1.
func found(c checker.Check, passed bool) checker.Finding {
	f := checker.Finding{OrderID: "o1", Check: c, Passed: passed}
	switch {
	case c == checker.Account && passed:
		f.Log = rich
	case c == checker.Account:
		f.Log = poor
	case passed:
		f.Log = there
	default:
		f.Log = gone
	}
	return f
}

func ship(ctx context.Context, b *orders.Table, id string) error {
	_, err := b.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{b.Shipped(id)}})
	return err
}

// together runs f for every n at the same moment.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

func sorted(log []string) []string { return slices.Sorted(slices.Values(log)) }

// watch counts the statuses that the writes gave an order.
type watch struct {
	mu   sync.Mutex
	seen map[checker.Status]int
}

func (w *watch) applied(rec checker.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[checker.Status]int{}
	}
	w.seen[rec.Status]++
}

// retrying returns the table with a client that makes the retries of the SDK.
func retrying(b *orders.Table) *orders.Table {
	options := b.Client.Options()
	options.RetryMaxAttempts = 3
	options.Retryer = nil
	return &orders.Table{Client: dynamodb.New(options), Name: b.Name}
}

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

// tester is a testing.T or a rapid.T.
type tester interface {
	require.TestingT
	Helper()
}
