package kinesis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestListShards(t *testing.T) {
	c := newOrders(t, 2)
	require.NoError(t, c.split(shard0, hashKey(3)))
	list := func(in *sdk.ListShardsInput) []string {
		out, err := c.client.ListShards(t.Context(), in)
		require.NoError(t, err)
		require.Nil(t, out.NextToken)
		ids := []string{}
		for _, s := range out.Shards {
			ids = append(ids, (*s.ShardId)[len(shard0)-1:])
		}
		return ids
	}
	require.Equal(t, []string{"0", "1", "2", "3"}, list(&sdk.ListShardsInput{StreamARN: &ordersARN}))
	require.Equal(t, []string{"1", "2", "3"}, list(&sdk.ListShardsInput{StreamARN: &ordersARN, ShardFilter: &types.ShardFilter{Type: "AT_LATEST"}}),
		"those that are open now")
	for code, in := range map[string]*sdk.ListShardsInput{
		"NotImplemented":            {StreamARN: &ordersARN, ShardFilter: &types.ShardFilter{Type: "FROM_TRIM_HORIZON"}},
		"ResourceNotFoundException": {StreamName: aws.String("other")},
	} {
		_, err := c.client.ListShards(t.Context(), in)
		refused(t, err, code)
	}
}
