package dynamodb

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestMetricsOfTables(t *testing.T) {
	c := newCloud(t)
	metrics := cloudtest.RecordMetrics(c.account)
	taken := func() map[string]float64 {
		sums := metrics.Take()
		maps.DeleteFunc(sums, func(name string, _ float64) bool { return strings.Contains(name, "SuccessfulRequestLatency") })
		return sums
	}
	c.createTable(t, "orders", "S", "")
	key := attributes{"p": str("1")}
	put := func() error {
		_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("orders"), Item: key})
		return err
	}
	require.NoError(t, put())
	sums := metrics.Take()
	require.Contains(t, sums, "AWS/DynamoDB SuccessfulRequestLatency Milliseconds Operation=PutItem TableName=orders")
	require.Equal(t, 1.0, sums["AWS/DynamoDB ConsumedWriteCapacityUnits Count TableName=orders"])
	c.get(t, "orders", key)
	require.Equal(t, map[string]float64{"AWS/DynamoDB ConsumedReadCapacityUnits Count TableName=orders": 0.5}, taken())

	fail := func(err error, call func() error) map[string]float64 {
		defer c.account.Faults.Add(fault.Rule{Action: "dynamodb:*", Do: func(context.Context, fault.Event) error { return err }})()
		require.Error(t, call())
		return taken()
	}
	require.Equal(t, map[string]float64{"AWS/DynamoDB SystemErrors Count Operation=PutItem TableName=orders": 1}, fail(errors.New("broken"), put))
	require.Equal(t, map[string]float64{
		"AWS/DynamoDB WriteThrottleEvents Count TableName=orders": 1, "AWS/DynamoDB ThrottledRequests Count Operation=PutItem TableName=orders": 1,
	}, fail(Throttled(), put))
	require.Equal(t, map[string]float64{
		"AWS/DynamoDB ReadThrottleEvents Count TableName=orders": 1, "AWS/DynamoDB ThrottledRequests Count Operation=GetItem TableName=orders": 1,
	}, fail(Throttled(), func() error {
		_, err := c.client.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("orders"), Key: key})
		return err
	}))
	put2 := func(p string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String("orders"), Item: attributes{"p": str(p)}}}
	}
	require.Equal(t, map[string]float64{
		"AWS/DynamoDB WriteThrottleEvents Count TableName=orders":                            2,
		"AWS/DynamoDB ThrottledRequests Count Operation=TransactWriteItems TableName=orders": 1,
	}, fail(Throttled(), func() error {
		_, err := c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put2("a"), put2("b")}})
		return err
	}))
	// The caller's mistakes are none of these.
	_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("orders"), Item: attributes{"x": str("1")}})
	require.Error(t, err)
	require.Empty(t, taken())
}
