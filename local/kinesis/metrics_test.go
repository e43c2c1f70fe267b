package kinesis

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestMetricsOfStreams(t *testing.T) {
	c := newOrders(t, 1)
	metrics := cloudtest.RecordMetrics(c.Account)
	shard := "shardId-000000000000"
	start := c.iterator(t, shard, types.ShardIteratorTypeTrimHorizon)
	c.put(t, "key", "12345")
	_, err := c.client.PutRecords(t.Context(), &sdk.PutRecordsInput{StreamARN: &ordersARN, Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("k"), Data: []byte("1")}, {PartitionKey: aws.String("k"), Data: []byte("2")}}})
	require.NoError(t, err)
	c.Clock.Advance(1500 * time.Millisecond)
	c.get(t, start)
	sums := metrics.Take()
	const age = "AWS/Kinesis GetRecords.IteratorAgeMilliseconds Milliseconds StreamName=orders"
	require.InDelta(t, 1500, sums[age], 1)
	delete(sums, age)
	require.Equal(t, map[string]float64{
		"AWS/Kinesis IncomingRecords Count StreamName=orders": 3,
		"AWS/Kinesis IncomingBytes Bytes StreamName=orders":   12,
	}, sums)

	throttled := func(context.Context, fault.Event) error { return Throttled("orders", shard) }
	removePut := c.Account.Faults.Add(fault.Rule{Action: "kinesis:Put*", Do: throttled})
	removeGet := c.Account.Faults.Add(fault.Rule{Action: "kinesis:GetRecords", Do: throttled})
	_, err = c.client.PutRecord(t.Context(), &sdk.PutRecordInput{StreamARN: &ordersARN, PartitionKey: aws.String("k"), Data: []byte("1")})
	refused(t, err, "ProvisionedThroughputExceededException")
	_, err = c.s.Read(t.Context(), c.admin, ordersARN, shard, Position{Type: "TRIM_HORIZON"}, 1)
	require.Error(t, err)
	removePut()
	removeGet()
	defer c.Account.Faults.Add(fault.Rule{Action: RecordAction, Do: throttled})()
	_, err = c.client.PutRecords(t.Context(), &sdk.PutRecordsInput{StreamARN: &ordersARN, Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("k"), Data: []byte("1")}, {PartitionKey: aws.String("k"), Data: []byte("2")}}})
	require.NoError(t, err)
	require.Equal(t, map[string]float64{
		"AWS/Kinesis WriteProvisionedThroughputExceeded Count StreamName=orders": 3,
		"AWS/Kinesis ReadProvisionedThroughputExceeded Count StreamName=orders":  1,
	}, metrics.Take())
}
