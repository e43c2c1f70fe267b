package kinesis

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
)

func statement(actions, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + actions + `,"Resource":"` + resource + `"}]}`
}

func TestEveryCallNeedsPermissionOnItsStream(t *testing.T) {
	c := newOrders(t, 1)
	c.MustDeploy(t, streamType, map[string]any{"name": "other", "shardCount": 1})
	_, config := c.Role(t, "producer", statement(`["kinesis:PutRecord","kinesis:GetShardIterator"]`, ordersARN))
	producer := sdk.NewFromConfig(config)
	put := func(stream string) error {
		_, err := producer.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("a0"), Data: []byte("x")})
		return err
	}
	require.NoError(t, put("orders"))
	require.Equal(t, "User: arn:aws:sts::123456789012:assumed-role/producer/session is not authorized to perform: kinesis:PutRecord on resource: "+
		"arn:aws:kinesis:us-east-1:123456789012:stream/other because no identity-based policy allows the kinesis:PutRecord action",
		refused(t, put("other"), "AccessDeniedException"))
	var typed *types.AccessDeniedException
	require.ErrorAs(t, put("absent"), &typed, "the error does not reveal whether the stream exists")

	iterator, err := producer.GetShardIterator(t.Context(), &sdk.GetShardIteratorInput{StreamARN: &ordersARN, ShardId: aws.String(shard0), ShardIteratorType: "LATEST"})
	require.NoError(t, err)
	calls := map[string]func() error{
		"GetRecords": func() error {
			_, err := producer.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: iterator.ShardIterator})
			return err
		},
		"PutRecords": func() error {
			_, err := producer.PutRecords(t.Context(), &sdk.PutRecordsInput{StreamARN: &ordersARN, Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("a"), Data: []byte("x")}}})
			return err
		},
		"ListStreams": func() error {
			_, err := producer.ListStreams(t.Context(), &sdk.ListStreamsInput{})
			return err
		},
		"ListShards": func() error {
			_, err := producer.ListShards(t.Context(), &sdk.ListShardsInput{StreamARN: &ordersARN})
			return err
		},
		"SplitShard": func() error {
			_, err := producer.SplitShard(t.Context(), &sdk.SplitShardInput{StreamARN: &ordersARN, ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String("9")})
			return err
		},
		"ListStreamConsumers": func() error {
			_, err := producer.ListStreamConsumers(t.Context(), &sdk.ListStreamConsumersInput{StreamARN: &ordersARN})
			return err
		},
	}
	for action, call := range calls {
		require.Contains(t, refused(t, call(), "AccessDeniedException"), "kinesis:"+action)
	}
}

func TestAReaderNeedsBothActions(t *testing.T) {
	c := newOrders(t, 1)
	one, _ := c.Role(t, "one", statement(`"kinesis:GetRecords"`, ordersARN))
	both, _ := c.Role(t, "both", statement(`["kinesis:Get*"]`, ordersARN))
	read := func(p policy.Principal, from Position) (Batch, error) {
		return c.s.Read(context.Background(), p, ordersARN, shard0, from, 1)
	}
	_, err := read(both, Position{Type: "LATEST"})
	require.NoError(t, err)
	var denied *policy.DeniedError
	_, err = read(one, Position{Type: "LATEST"})
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "kinesis:GetShardIterator", denied.Request.Action)

	// A principal that is allowed learns that a stream does not exist.
	require.NoError(t, c.s.Authorize(t.Context(), both, "kinesis:GetRecords", ordersARN))
	require.ErrorAs(t, c.s.Authorize(t.Context(), both, "kinesis:DescribeStream", ordersARN), &denied)
	require.ErrorContains(t, c.s.Authorize(t.Context(), c.admin, "kinesis:DescribeStream", StreamARN("other")), "not found")
}

func TestOtherOperationsAreRefusedByName(t *testing.T) {
	c := newOrders(t, 1)
	_, err := c.client.DeleteStream(t.Context(), &sdk.DeleteStreamInput{StreamARN: &ordersARN})
	require.Contains(t, refused(t, err, "UnknownOperationException"), "Kinesis_20131202.DeleteStream")
	_, err = c.client.SubscribeToShard(t.Context(), &sdk.SubscribeToShardInput{
		ConsumerARN: &ordersARN, ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: "LATEST"},
	})
	require.ErrorContains(t, err, "SubscribeToShard")
}
