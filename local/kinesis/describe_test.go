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
		"shardLevelMetrics": []any{"IncomingBytes"}, "tags": map[string]any{"b": "2", "a": "1"},
	})
	full, err := c.client.DescribeStream(t.Context(), &sdk.DescribeStreamInput{StreamName: aws.String("orders"), Limit: aws.Int32(2)})
	require.NoError(t, err)
	d := full.StreamDescription
	require.Equal(t, ordersARN, *d.StreamARN)
	require.Equal(t, types.StreamStatusActive, d.StreamStatus)
	require.Equal(t, types.StreamModeProvisioned, d.StreamModeDetails.StreamMode)
	require.Equal(t, types.EncryptionTypeKms, d.EncryptionType)
	require.Equal(t, "alias/aws/kinesis", *d.KeyId)
	require.EqualValues(t, 48, *d.RetentionPeriodHours)
	require.WithinDuration(t, c.Clock.Now(), *d.StreamCreationTimestamp, time.Second)
	require.Equal(t, []types.MetricsName{types.MetricsNameIncomingBytes}, d.EnhancedMonitoring[0].ShardLevelMetrics)
	require.Len(t, d.Shards, 2)
	require.True(t, *d.HasMoreShards)
	full, err = c.client.DescribeStream(t.Context(), &sdk.DescribeStreamInput{StreamARN: &ordersARN, ExclusiveStartShardId: d.Shards[1].ShardId})
	require.NoError(t, err)
	require.Equal(t, shardID(2), *full.StreamDescription.Shards[0].ShardId)
	require.False(t, *full.StreamDescription.HasMoreShards)

	summary, err := c.client.DescribeStreamSummary(t.Context(), &sdk.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.EqualValues(t, 3, *summary.StreamDescriptionSummary.OpenShardCount)
	require.Zero(t, *summary.StreamDescriptionSummary.ConsumerCount)
	require.EqualValues(t, 1024, *summary.StreamDescriptionSummary.MaxRecordSizeInKiB)

	tags, err := c.client.ListTagsForStream(t.Context(), &sdk.ListTagsForStreamInput{StreamName: aws.String("orders"), Limit: aws.Int32(1)})
	require.NoError(t, err)
	require.Equal(t, []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}, tags.Tags)
	require.True(t, *tags.HasMoreTags)
	tags, err = c.client.ListTagsForStream(t.Context(), &sdk.ListTagsForStreamInput{StreamName: aws.String("orders"), ExclusiveStartTagKey: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, "b", *tags.Tags[0].Key)
	require.False(t, *tags.HasMoreTags)

	put := c.put(t, "a0", "x")
	require.Equal(t, types.EncryptionTypeKms, put.EncryptionType)
	out := c.get(t, c.iterator(t, *put.ShardId, types.ShardIteratorTypeTrimHorizon))
	require.Equal(t, types.EncryptionTypeKms, out.Records[0].EncryptionType)
}

func TestStreamsAreListedPageByPage(t *testing.T) {
	c := newCloud(t)
	for _, name := range []string{"c", "a", "b"} {
		c.MustDeploy(t, streamType, map[string]any{"name": name, "shardCount": 1})
	}
	pages := sdk.NewListStreamsPaginator(c.client, &sdk.ListStreamsInput{Limit: aws.Int32(2)})
	var names []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		require.Len(t, page.StreamSummaries, len(page.StreamNames))
		names = append(names, page.StreamNames...)
	}
	require.Equal(t, []string{"a", "b", "c"}, names)
	_, err := c.client.ListStreams(t.Context(), &sdk.ListStreamsInput{Limit: aws.Int32(0)})
	refused(t, err, "ValidationException")
}

func TestShardsAreListedPageByPageAndByTheirTimes(t *testing.T) {
	c := newOrders(t, 2)
	before := c.Clock.Now()
	c.Clock.Advance(time.Minute)
	require.NoError(t, c.split(shard0, hashKey(3)))
	after := c.Clock.Now().Add(time.Minute)
	c.Clock.Advance(2 * time.Minute)
	list := func(in *sdk.ListShardsInput) ([]string, *string) {
		out, err := c.client.ListShards(t.Context(), in)
		require.NoError(t, err)
		ids := []string{}
		for _, s := range out.Shards {
			ids = append(ids, (*s.ShardId)[len(shard0)-1:])
		}
		return ids, out.NextToken
	}
	page, token := list(&sdk.ListShardsInput{StreamARN: &ordersARN, MaxResults: aws.Int32(3)})
	require.Equal(t, []string{"0", "1", "2"}, page)
	page, end := list(&sdk.ListShardsInput{NextToken: token})
	require.Equal(t, []string{"3"}, page)
	require.Nil(t, end)
	page, _ = list(&sdk.ListShardsInput{StreamName: aws.String("orders"), ExclusiveStartShardId: aws.String(shardID(1))})
	require.Equal(t, []string{"2", "3"}, page)

	for name, test := range map[string]struct {
		filter types.ShardFilter
		want   []string
	}{
		"those open now":            {types.ShardFilter{Type: "AT_LATEST"}, []string{"1", "2", "3"}},
		"those open at the horizon": {types.ShardFilter{Type: "AT_TRIM_HORIZON"}, []string{"0", "1"}},
		"all since the horizon":     {types.ShardFilter{Type: "FROM_TRIM_HORIZON"}, []string{"0", "1", "2", "3"}},
		"open before the split":     {types.ShardFilter{Type: "AT_TIMESTAMP", Timestamp: &before}, []string{"0", "1"}},
		"open after the split":      {types.ShardFilter{Type: "AT_TIMESTAMP", Timestamp: &after}, []string{"1", "2", "3"}},
		"all since before":          {types.ShardFilter{Type: "FROM_TIMESTAMP", Timestamp: &before}, []string{"0", "1", "2", "3"}},
		"all since after":           {types.ShardFilter{Type: "FROM_TIMESTAMP", Timestamp: &after}, []string{"1", "2", "3"}},
		"those that follow one":     {types.ShardFilter{Type: "AFTER_SHARD_ID", ShardId: aws.String(shardID(2))}, []string{"3"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := list(&sdk.ListShardsInput{StreamARN: &ordersARN, ShardFilter: &test.filter})
			require.Equal(t, test.want, got)
		})
	}

	for code, in := range map[string]*sdk.ListShardsInput{
		"ValidationException":       {StreamARN: &ordersARN, ShardFilter: &types.ShardFilter{Type: "OTHER"}},
		"InvalidArgumentException":  {StreamName: aws.String("orders"), NextToken: token},
		"ResourceNotFoundException": {StreamName: aws.String("other")},
	} {
		_, err := c.client.ListShards(t.Context(), in)
		refused(t, err, code)
	}
	c.Clock.Advance(5*time.Minute + time.Millisecond)
	_, err := c.client.ListShards(t.Context(), &sdk.ListShardsInput{NextToken: token})
	refused(t, err, "ExpiredNextTokenException")
}

func TestRetentionGrowsAndShrinksWithItsOwnCalls(t *testing.T) {
	c := newOrders(t, 1)
	increase := func(hours int32) error {
		_, err := c.client.IncreaseStreamRetentionPeriod(t.Context(), &sdk.IncreaseStreamRetentionPeriodInput{StreamARN: &ordersARN, RetentionPeriodHours: &hours})
		return err
	}
	decrease := func(hours int32) error {
		_, err := c.client.DecreaseStreamRetentionPeriod(t.Context(), &sdk.DecreaseStreamRetentionPeriodInput{StreamARN: &ordersARN, RetentionPeriodHours: &hours})
		return err
	}
	require.NoError(t, increase(48))
	require.Equal(t, "Requested retention period (24 hours) for stream orders can not be shorter than existing retention period (48 hours). "+
		"Use DecreaseRetentionPeriod API.", refused(t, increase(24), "InvalidArgumentException"))
	refused(t, decrease(72), "InvalidArgumentException")
	refused(t, decrease(23), "InvalidArgumentException")
	refused(t, increase(8761), "InvalidArgumentException")
	require.NoError(t, decrease(24))
	require.EqualValues(t, 24, c.Read(t, streamType, ordersARN)["retentionPeriod"])
}
