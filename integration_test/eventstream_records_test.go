package integration_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// recordID is the position of a record in a stream.
type recordID struct{ shard, sequence string }

// entry is a record to put into a stream.
type entry struct {
	key  string // partition key
	hash string // explicit hash key: selects the shard instead of the partition key, if not empty
	data []byte
}

// event returns the data of the order's record in the stream.
func (o coffeeOrder) event(t *testing.T) []byte {
	t.Helper()
	parsed, err := coffee.Parse([]byte(o.message()))
	require.NoError(t, err)
	data, err := event.New(parsed, uuid.New(), time.Now()).JSON()
	require.NoError(t, err)
	return data
}

// putRecords puts records into a stream with one call, and returns their positions.
func putRecords(t *testing.T, stream string, entries ...entry) []recordID {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: &stream}
	for _, e := range entries {
		r := types.PutRecordsRequestEntry{PartitionKey: aws.String(e.key), Data: e.data}
		if e.hash != "" {
			r.ExplicitHashKey = aws.String(e.hash)
		}
		in.Records = append(in.Records, r)
	}
	out, err := kinesisClient(t).PutRecords(t.Context(), in)
	require.NoError(t, err)
	require.Zero(t, *out.FailedRecordCount)
	var ids []recordID
	for _, r := range out.Records {
		ids = append(ids, recordID{*r.ShardId, *r.SequenceNumber})
	}
	return ids
}

// failed is a message of a reader's failure queue: the reader's own, with a record that can never succeed, or Lambda's, with
// the position of records that it gave up: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
type failed struct {
	kinesisbatch.Failure
	KinesisBatchInfo *struct {
		ShardID, StartSequenceNumber, EndSequenceNumber string
		BatchSize                                       int
	}
}

func (f failed) id() recordID { return recordID{f.Record.ShardID, f.Record.SequenceNumber} }

// receiveFailures receives and deletes all messages of a failure queue.
func receiveFailures(t *testing.T, queueURL string) []failed {
	t.Helper()
	var all []failed
	for _, body := range receiveAll(t, queueURL) {
		var f failed
		require.NoError(t, json.Unmarshal([]byte(body), &f), body)
		all = append(all, f)
	}
	return all
}

// poison returns the data of a record that no reader can parse.
func poison(t *testing.T, account string) []byte {
	t.Helper()
	return fmt.Appendf(nil, `{"id":%q,"type":"new_order","time":"2026-01-31T08:30:00Z","version":1,"order":{"accountid":%q}}`, uuid.NewString(), account)
}

// splitShard splits the first open shard of a stream in the middle, unless the stream has many.
func splitShard(t *testing.T, stream string) {
	t.Helper()
	const many = 16
	streams := kinesisClient(t)
	shards, err := streams.ListShards(t.Context(), &kinesis.ListShardsInput{
		StreamName: &stream, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	})
	require.NoError(t, err)
	if len(shards.Shards) >= many {
		return
	}
	low, ok := new(big.Int).SetString(*shards.Shards[0].HashKeyRange.StartingHashKey, 10)
	require.True(t, ok)
	high, ok := new(big.Int).SetString(*shards.Shards[0].HashKeyRange.EndingHashKey, 10)
	require.True(t, ok)
	middle := low.Rsh(low.Add(low, high), 1).String()
	_, err = streams.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: &stream, ShardToSplit: shards.Shards[0].ShardId, NewStartingHashKey: &middle,
	})
	require.NoError(t, err)
}
