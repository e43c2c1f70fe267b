package kinesis

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestShardsAreListedInPages(t *testing.T) {
	c := newOrders(t, 2)
	require.NoError(t, c.split(shard0, hashKey(3)))
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

	page, _ = list(&sdk.ListShardsInput{StreamARN: &ordersARN, ShardFilter: &types.ShardFilter{Type: "AT_LATEST"}})
	require.Equal(t, []string{"1", "2", "3"}, page, "those that are open now")

	for code, in := range map[string]*sdk.ListShardsInput{
		"NotImplemented":            {StreamARN: &ordersARN, ShardFilter: &types.ShardFilter{Type: "FROM_TRIM_HORIZON"}},
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
