package kinesis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func (c *cloud) split(shard string, at string) error {
	_, err := c.client.SplitShard(context.Background(), &sdk.SplitShardInput{StreamARN: &ordersARN, ShardToSplit: &shard, NewStartingHashKey: &at})
	return err
}

// scale changes the number of shards as pulumi up does, with UpdateShardCount.
func (c *cloud) scale(t testing.TB, to int) error {
	t.Helper()
	return c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": to})
}

func TestASplitShardIsReadToItsEndAndThenItsChildren(t *testing.T) {
	c := newOrders(t, 1)
	last := c.put(t, "a0", "parent")
	require.NoError(t, c.split(shard0, hashKey(8)))
	shards := c.shards(t)
	require.Len(t, shards, 3)
	parent, low, high := shards[shard0], shards[shardID(1)], shards[shardID(2)]
	require.NotNil(t, parent.SequenceNumberRange.EndingSequenceNumber)
	require.Greater(t, *parent.SequenceNumberRange.EndingSequenceNumber, *last.SequenceNumber)
	for _, child := range []types.Shard{low, high} {
		require.Equal(t, shard0, *child.ParentShardId)
		require.Nil(t, child.AdjacentParentShardId)
		require.Nil(t, child.SequenceNumberRange.EndingSequenceNumber)
		require.Greater(t, *child.SequenceNumberRange.StartingSequenceNumber, *parent.SequenceNumberRange.EndingSequenceNumber)
	}
	require.Equal(t, []string{"0", share(8, 16).String()}, []string{*low.HashKeyRange.StartingHashKey, *low.HashKeyRange.EndingHashKey})
	require.Equal(t, []string{hashKey(8), maxHash.String()}, []string{*high.HashKeyRange.StartingHashKey, *high.HashKeyRange.EndingHashKey})

	child := c.put(t, "a0", "child")
	require.NotEqual(t, shard0, *child.ShardId)
	require.Greater(t, *child.SequenceNumber, *last.SequenceNumber)

	out := c.get(t, c.iterator(t, shard0, types.ShardIteratorTypeTrimHorizon))
	require.Equal(t, []string{"parent"}, data(out))
	require.Nil(t, out.NextShardIterator)
	require.Nil(t, c.get(t, c.iterator(t, shard0, types.ShardIteratorTypeLatest)).NextShardIterator)

	open := c.get(t, c.iterator(t, *child.ShardId, types.ShardIteratorTypeTrimHorizon))
	require.Equal(t, []string{"child"}, data(open))
	require.NotNil(t, open.NextShardIterator)
}

func TestMergedShardsHaveOneChild(t *testing.T) {
	c := newOrders(t, 3)
	st := c.s.streams["orders"]
	st.mu.Lock()
	st.merge(c.Clock.Now(), 1)
	st.mu.Unlock()
	child := c.shards(t)[shardID(3)]
	require.Equal(t, shardID(1), *child.ParentShardId)
	require.Equal(t, shardID(2), *child.AdjacentParentShardId)
	require.Equal(t, share(1, 3).String(), *child.HashKeyRange.StartingHashKey)
	require.Equal(t, maxHash.String(), *child.HashKeyRange.EndingHashKey)
	out := c.get(t, c.iterator(t, shardID(2), types.ShardIteratorTypeTrimHorizon))
	require.Nil(t, out.NextShardIterator)

	list, err := c.s.Shards(ordersARN)
	require.NoError(t, err)
	require.Equal(t, []Shard{
		{ID: shard0}, {ID: shardID(1), Closed: true}, {ID: shardID(2), Closed: true},
		{ID: shardID(3), ParentID: shardID(1), AdjacentParentID: shardID(2)},
	}, list)
}

func TestOnlyOpenShardsAreSplit(t *testing.T) {
	c := newOrders(t, 4)
	refused(t, c.split(shardID(9), "7"), "ResourceNotFoundException")
	refused(t, c.split(shard0, "x"), "ValidationException")
	for _, at := range []string{"0", "1", share(1, 4).plus(-1).String(), hashKey(9)} {
		refused(t, c.split(shard0, at), "InvalidArgumentException")
	}
	require.NoError(t, c.split(shard0, "2"))
	require.Equal(t, "Shard shardId-000000000000 in stream orders has already been merged or split.",
		refused(t, c.split(shard0, "4"), "ResourceInUseException"))

	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "streamModeDetails": map[string]any{"streamMode": "ON_DEMAND"}}))
	refused(t, c.split(shardID(1), "4"), "ValidationException")
}

func TestUpdateShardCountMakesEqualShards(t *testing.T) {
	c := newOrders(t, 2)
	for _, to := range []int{4, 3, 6, 5, 5, 3, 2, 1, 2, 3} {
		require.NoError(t, c.scale(t, to))
		list, err := c.client.ListShards(t.Context(), &sdk.ListShardsInput{
			StreamName: aws.String("orders"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
		})
		require.NoError(t, err)
		require.Len(t, list.Shards, to)
		starts := map[string]bool{}
		for _, s := range list.Shards {
			starts[*s.HashKeyRange.StartingHashKey] = true
		}
		for i := range to {
			require.Contains(t, starts, share(i, to).String())
		}
	}
	require.ErrorContains(t, c.scale(t, 7),
		"LimitExceededException: UpdateShardCount can at most double or halve the number of open shards: 3 are open, 7 are wanted.")
	require.ErrorContains(t, c.scale(t, 1), "LimitExceededException")
}

func TestAClosedShardIsGoneWithItsRetention(t *testing.T) {
	c := newOrders(t, 1)
	require.NoError(t, c.split(shard0, hashKey(8)))
	c.Clock.Advance(24*time.Hour - time.Second)
	list, err := c.s.Shards(ordersARN)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, shard0, list[1].ParentID)
	c.Clock.Advance(time.Second)
	list, err = c.s.Shards(ordersARN)
	require.NoError(t, err)
	require.Equal(t, []Shard{{ID: shardID(1)}, {ID: shardID(2)}}, list)
	_, err = c.s.Read(t.Context(), c.admin, ordersARN, shard0, Position{Type: "TRIM_HORIZON"}, 1)
	require.ErrorContains(t, err, "Shard shardId-000000000000 in stream orders under account 123456789012 does not exist")
}

// Whatever is put while shards are split, merged and scaled: the shards, read parents first, bring each record once,
// and those of each key in the order in which they were put.
func TestEveryRecordIsReadOnceInTheOrderOfItsKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newStreamOnly(rapid.IntRange(1, 5).Draw(t, "shards"))
		now := c.Clock.Now
		st, err := c.s.stream("orders")
		require.NoError(t, err)
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, seed))
		put := map[string]int{}
		total := 0
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch i := random.IntN(len(st.open)); random.IntN(10) {
			case 0:
				at := hashOf(strconv.FormatUint(random.Uint64(), 10))
				if i := st.at(at); st.open[i].from.less(at) && at.less(st.open[i].to) {
					st.mu.Lock()
					st.split(now(), i, at)
					st.mu.Unlock()
				}
			case 1:
				if i+1 < len(st.open) {
					st.mu.Lock()
					st.merge(now(), i)
					st.mu.Unlock()
				}
			case 2:
				st.mu.Lock()
				require.NoError(t, st.scale(now(), (len(st.open)+1)/2+random.IntN(len(st.open))))
				st.mu.Unlock()
			case 3:
				c.Clock.Advance(time.Duration(random.IntN(1500)) * time.Millisecond)
			default:
				key := fmt.Sprint("a", random.IntN(12))
				_, _, err := c.s.Put(context.Background(), c.admin, ordersARN, key, fmt.Appendf(nil, "%s %d", key, put[key]))
				require.NoError(t, err)
				put[key]++
				total++
			}
		}

		// The open shards cover the hash keys without a gap.
		require.Equal(t, hash{}, st.open[0].from)
		require.Equal(t, maxHash, st.open[len(st.open)-1].to)
		for i, s := range st.open[1:] {
			require.Equal(t, st.open[i].to.plus(1), s.from)
		}
		shards, err := c.s.Shards(ordersARN)
		require.NoError(t, err)
		read, done, last := map[string]int{}, map[string]bool{"": true}, map[string]string{}
		for _, s := range shards {
			require.True(t, done[s.ParentID] && done[s.AdjacentParentID], "parents come before children")
			done[s.ID] = true
			for _, r := range c.all(t, s.ID) {
				require.Equal(t, fmt.Sprintf("%s %d", r.PartitionKey, read[r.PartitionKey]), string(r.Data))
				require.Greater(t, r.SequenceNumber, last[r.PartitionKey])
				last[r.PartitionKey] = r.SequenceNumber
				read[r.PartitionKey]++
				total--
			}
		}
		require.Zero(t, total)
	})
}
