package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// world is the function with its three tables.
type world struct {
	*handler
	db *dynamodbtest.DynamoDB
}

func start(t *testing.T) *world {
	t.Helper()
	db := dynamodbtest.Start(t)
	orders, accounts, stock := db.Table(t, "orders", "orderId"), db.Table(t, "accounts", "customerId"), db.Table(t, "stock", "productId")
	// Only what the doc comment of main lists.
	role := db.Role(t, "ship-order", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:UpdateItem"],"Resource":"%s"},
		{"Effect":"Allow","Action":"dynamodb:UpdateItem","Resource":["%s","%s"]}]}`,
		dynamodbtest.ARN(orders), dynamodbtest.ARN(accounts), dynamodbtest.ARN(stock)))
	w := &world{db: db}
	w.handler = newHandler(role, orders, accounts, stock)
	return w
}

// newHandler makes the handler as main does, with a fixed clock.
func newHandler(client *dynamodb.Client, ordersTable, accountsTable, stockTable string) *handler {
	return &handler{
		client:   client,
		orders:   &orders.Table{Client: client, Name: ordersTable},
		accounts: &balances.Table{Client: client, Name: accountsTable, Kind: balances.Accounts},
		stock:    &balances.Table{Client: client, Name: stockTable, Kind: balances.Stock},
		now:      func() time.Time { return time.Date(2026, 3, 1, 8, 31, 0, 0, time.UTC) },
	}
}

// retrying makes the retries of the SDK.
func (w *world) retrying() {
	options := w.client.Options()
	options.Retryer, options.RetryMaxAttempts = nil, 3
	w.handler = newHandler(dynamodb.New(options), "orders", "accounts", "stock")
}

func (w *world) account(t require.TestingT, id, balance string) {
	a, err := money.Parse(balance)
	require.NoError(t, err)
	admin := balances.Table{Client: w.db.Client, Name: "accounts", Kind: balances.Accounts}
	require.NoError(t, admin.Set(context.Background(), id, a, time.Time{}))
}

func (w *world) pieces(t require.TestingT, id string, n int64) {
	admin := balances.Table{Client: w.db.Client, Name: "stock", Kind: balances.Stock}
	require.NoError(t, admin.Set(context.Background(), id, money.FromInt(n), time.Time{}))
}

// ready makes an order that is ready to ship: "o1 c1 10.5 123*2 456*1".
func (w *world) ready(t require.TestingT, order string) {
	o := parse(t, order)
	stored := &orders.Table{Client: w.db.Client, Name: "orders"}
	_, err := stored.Create(context.Background(), checker.NewRecord(o, time.Time{}))
	require.NoError(t, err)
	for c, log := range map[checker.Check]string{checker.Account: "Sufficient account balance", checker.Stock: "Sufficient stock"} {
		_, _, err = stored.Apply(context.Background(), checker.Finding{OrderID: o.OrderID, Check: c, Passed: true, Log: log})
		require.NoError(t, err)
	}
}

func parse(t require.TestingT, order string) checker.Order {
	fields := strings.Fields(order)
	total, err := money.Parse(fields[2])
	require.NoError(t, err)
	o := checker.Order{OrderID: fields[0], CustomerID: fields[1], TotalAmount: total}
	for _, f := range fields[3:] {
		var item checker.Item
		id, qty, _ := strings.Cut(f, "*")
		_, err := fmt.Sscan(qty, &item.Qty)
		require.NoError(t, err)
		item.ProductID = id
		o.Items = append(o.Items, item)
	}
	return o
}

func (w *world) ship(ctx context.Context, id string) error {
	return w.handle(ctx, json.RawMessage(`{"orderId":"`+id+`"}`))
}

// order returns the status of an order, its last log line, and the number of lines.
func (w *world) order(t require.TestingT, id string) (checker.Status, string, int) {
	rec, err := (&orders.Table{Client: w.db.Client, Name: "orders"}).Get(context.Background(), id)
	require.NoError(t, err)
	return rec.Status, rec.Logs[len(rec.Logs)-1], len(rec.Logs)
}

func (w *world) left(t testing.TB, table, key, id string) string {
	t.Helper()
	n, ok := w.db.Get(t, table, key, id)["balance"].(*types.AttributeValueMemberN)
	require.True(t, ok)
	return n.Value
}

func (w *world) leftOf(t testing.TB, customer string) string {
	return w.left(t, "accounts", "customerId", customer)
}
func (w *world) piecesOf(t testing.TB, product string) string {
	return w.left(t, "stock", "productId", product)
}

func together(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
