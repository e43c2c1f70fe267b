package integration_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/order/checker"
)

// scanOrders returns the status of each order of the customers of these orders, by order id, whether the order was accepted
// or not. onlyUndecided leaves out those that are shipped or rejected.
func (c *checkerOutputs) scanOrders(t *testing.T, accepted []checker.Order, onlyUndecided bool) map[string]checker.Status {
	t.Helper()
	ours := map[string]bool{}
	for _, o := range accepted {
		ours[o.CustomerID] = true
	}
	statuses := map[string]checker.Status{}
	scan := &dynamodb.ScanInput{
		TableName: &c.OrdersTableName, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("orderId, customerId, #status"),
		ExpressionAttributeNames: map[string]string{"#status": "status"},
	}
	if onlyUndecided {
		scan.FilterExpression = aws.String("#status <> :shipped AND #status <> :rejected")
		scan.ExpressionAttributeValues = map[string]dbtypes.AttributeValue{
			":shipped":  &dbtypes.AttributeValueMemberS{Value: string(checker.Shipped)},
			":rejected": &dbtypes.AttributeValueMemberS{Value: string(checker.Rejected)},
		}
	}
	pages := dynamodb.NewScanPaginator(dynamoDBClient(t), scan)
	text := func(v dbtypes.AttributeValue) string { return v.(*dbtypes.AttributeValueMemberS).Value }
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			if ours[text(it["customerId"])] {
				statuses[text(it["orderId"])] = checker.Status(text(it["status"]))
			}
		}
	}
	return statuses
}

// countUndecided returns how many orders of these orders' customers are neither shipped nor rejected.
func (c *checkerOutputs) countUndecided(t *testing.T, accepted []checker.Order) int {
	t.Helper()
	return len(c.scanOrders(t, accepted, true))
}

// readOrders reads all orders of these orders' customers, accepted or not.
func (c *checkerOutputs) readOrders(t *testing.T, accepted []checker.Order) []checker.Record {
	t.Helper()
	table := &orders.Table{Client: dynamoDBClient(t), Name: c.OrdersTableName}
	var ids []string
	for id := range c.scanOrders(t, accepted, false) {
		ids = append(ids, id)
	}
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

// readBalances reads the balances of the items that have these keys.
func readBalances[N any](t *testing.T, table, key string, keys map[string]N) map[string]string {
	t.Helper()
	found := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamoDBClient(t), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			id := it[key].(*dbtypes.AttributeValueMemberS).Value
			if _, ours := keys[id]; ours {
				found[id] = it["balance"].(*dbtypes.AttributeValueMemberN).Value
			}
		}
	}
	return found
}
