package kinesis

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestAStreamIsDescribed(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, streamType, map[string]any{
		"name": "orders", "shardCount": 3, "retentionPeriod": 48, "encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis",
		"tags": map[string]any{"b": "2", "a": "1"},
	})
	full, err := c.client.DescribeStream(t.Context(), &sdk.DescribeStreamInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	d := full.StreamDescription
	require.Equal(t, ordersARN, *d.StreamARN)
	require.Equal(t, types.StreamStatusActive, d.StreamStatus)
	require.Equal(t, types.StreamModeProvisioned, d.StreamModeDetails.StreamMode)
	require.Equal(t, types.EncryptionTypeKms, d.EncryptionType)
	require.Equal(t, "alias/aws/kinesis", *d.KeyId)
	require.EqualValues(t, 48, *d.RetentionPeriodHours)
	require.WithinDuration(t, c.Clock.Now(), *d.StreamCreationTimestamp, time.Second)
	require.Len(t, d.Shards, 3)
	require.Equal(t, shardID(2), *d.Shards[2].ShardId)
	require.False(t, *d.HasMoreShards)

	summary, err := c.client.DescribeStreamSummary(t.Context(), &sdk.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.EqualValues(t, 3, *summary.StreamDescriptionSummary.OpenShardCount)
	require.Zero(t, *summary.StreamDescriptionSummary.ConsumerCount)
	require.EqualValues(t, 1024, *summary.StreamDescriptionSummary.MaxRecordSizeInKiB)

	put := c.put(t, "a0", "x")
	require.Equal(t, types.EncryptionTypeKms, put.EncryptionType)
	out := c.get(t, c.iterator(t, *put.ShardId, types.ShardIteratorTypeTrimHorizon))
	require.Equal(t, types.EncryptionTypeKms, out.Records[0].EncryptionType)
}

func TestStreamsAreListedByName(t *testing.T) {
	c := newCloud(t)
	for _, name := range []string{"c", "a", "b"} {
		c.MustDeploy(t, streamType, map[string]any{"name": name, "shardCount": 1})
	}
	list, err := c.client.ListStreams(t.Context(), &sdk.ListStreamsInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, list.StreamNames)
	require.Len(t, list.StreamSummaries, 3)
	require.False(t, *list.HasMoreStreams)
	_, err = c.client.ListStreams(t.Context(), &sdk.ListStreamsInput{Limit: aws.Int32(1)})
	refused(t, err, "SerializationException")
}
