package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// begin is before every record of the tests, and before their bubbles' clock starts.
var begin = time.Date(1999, 12, 31, 12, 0, 0, 123_000_000, time.UTC)

func TestEventsAreThoseOfLambda(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := &stream{shards: []*shard{{id: "shardId-000000000000"}}}, &functions{}
		s.add("shardId-000000000000", begin, 25)
		result, err := run(t, s, f, nil)
		require.NoError(t, err)
		require.Equal(t, replay.Result{Handled: map[string]int{"project": 25}}, result)
		require.Equal(t, numbers(1000, 1024), f.handled["project"])
		require.Len(t, f.events, 3)

		event, err := json.Marshal(f.events[2].Records[4])
		require.NoError(t, err)
		require.JSONEq(t, `{
			"kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "a0", "sequenceNumber": "1024",
				"data": "c2hhcmRJZC0wMDAwMDAwMDAwMDA=", "approximateArrivalTimestamp": 946641624.123},
			"eventSource": "order-patterns:replay", "eventVersion": "1.0", "eventID": "shardId-000000000000:1024", "eventName": "aws:kinesis:record",
			"invokeIdentityArn": "", "awsRegion": "eu-west-1", "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
		}`, string(event))
	})
}

// resharded is a stream of which shard 0 was split into 1 and 2, 2 and 3 merged into 4. The list has children first.
func resharded() *stream {
	s := &stream{shards: []*shard{
		{id: "4", parent: "2", adjacent: "3"}, {id: "1", parent: "0"}, {id: "2", parent: "0", closed: true}, {id: "3", closed: true}, {id: "0", parent: "trimmed", closed: true},
	}}
	for i, id := range []string{"0", "3", "1", "2", "4"} {
		s.add(id, begin.Add(time.Duration(i)*time.Hour), 20)
	}
	return s
}

func TestParentShardsComeBeforeTheirChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{takes: time.Second}
		result, err := run(t, resharded(), f, nil)
		require.NoError(t, err)
		require.Equal(t, 100, result.Handled["project"])
		first, last := map[string]int{}, map[string]int{}
		for i, e := range f.events {
			id := string(e.Records[0].Kinesis.Data)
			if _, ok := first[id]; !ok {
				first[id] = i
			}
			last[id] = i
		}
		for _, edge := range [][2]string{{"0", "1"}, {"0", "2"}, {"2", "4"}, {"3", "4"}} {
			require.Less(t, last[edge[0]], first[edge[1]], "shard %s before %s", edge[0], edge[1])
		}
		require.Less(t, first["3"], last["0"], "unrelated shards are replayed in parallel")
	})
}

func TestSinceLeavesOutEarlierRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{}
		result, err := run(t, resharded(), f, func(r *replay.Replay) { r.Since = begin.Add(2*time.Hour + 15*time.Second) })
		require.NoError(t, err)
		require.Equal(t, 45, result.Handled["project"])
		slices.Sort(f.handled["project"])
		require.Equal(t, numbers(1055, 1099), f.handled["project"])
		for _, e := range f.events {
			require.Equal(t, "aws:kinesis", e.Records[0].EventSource, "a part of the stream may lack completions, so that the age of orders counts")
		}
	})
}

func TestUntilLeavesOutLaterRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := &stream{shards: []*shard{{id: "0"}}}, &functions{}
		s.add("0", begin, 20)
		// Arrival times are approximate: the record 1005 claims to be late, those behind it were in time.
		late := begin.Add(time.Hour)
		s.shards[0].records[5].ApproximateArrivalTimestamp = &late
		result, err := run(t, s, f, func(r *replay.Replay) { r.Until = begin.Add(12 * time.Second) })
		require.NoError(t, err)
		require.Equal(t, 13, result.Handled["project"])
		require.Equal(t, numbers(1000, 1012), f.handled["project"])
	})
}

func TestNewRecordsDoNotProlongTheReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := &stream{shards: []*shard{{id: "0"}}, live: true}, &functions{takes: time.Second}
		s.add("0", begin, 30)
		result, err := run(t, s, f, nil)
		require.NoError(t, err)
		require.Equal(t, 30, result.Handled["project"])
	})
}

func TestReadingHandlesGapsLimitsAndExpiredIterators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := &stream{shards: []*shard{{id: "0"}}, gap: true}, &functions{}
		s.add("0", begin, 4500)
		start := time.Now()
		result, err := run(t, s, f, func(r *replay.Replay) { r.Batch = 1000 })
		require.NoError(t, err)
		require.Equal(t, 4500, result.Handled["project"])
		require.Equal(t, 7, s.reads, "one found nothing, five found records, one the end")
		require.Equal(t, 6*400*time.Millisecond, time.Since(start))

		s, f = &stream{shards: []*shard{{id: "0"}}}, &functions{takes: 6 * time.Minute}
		s.add("0", begin, 2500)
		result, err = run(t, s, f, func(r *replay.Replay) { r.Batch = 1000 })
		require.NoError(t, err)
		require.Equal(t, 2500, result.Handled["project"])
		require.Equal(t, numbers(1000, 3499), f.handled["project"])
	})
}

func TestEachFunctionGetsEveryRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{}
		result, err := run(t, resharded(), f, func(r *replay.Replay) { r.Functions = []string{"project", "invoice"} })
		require.NoError(t, err)
		require.Equal(t, map[string]int{"project": 100, "invoice": 100}, result.Handled)
		require.ElementsMatch(t, f.handled["project"], f.handled["invoice"])
	})
}

func TestErrorsOfTheServicesStopTheReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := resharded()
		s.fail = errors.New("AccessDeniedException")
		_, err := run(t, s, &functions{}, nil)
		require.ErrorContains(t, err, "replaying shard ")
		require.ErrorContains(t, err, ": reading records: AccessDeniedException")

		_, err = run(t, resharded(), &functions{fail: errors.New("TooManyRequestsException")}, nil)
		require.ErrorContains(t, err, "invoking project: TooManyRequestsException")

		_, err = run(t, resharded(), &functions{}, func(r *replay.Replay) { r.StreamARN += "x" })
		require.ErrorContains(t, err, "listing the shards of arn:aws:kinesis:eu-west-1:123456789012:stream/ordersx: ")
		var missing *types.ResourceNotFoundException
		require.ErrorAs(t, err, &missing)

		_, err = run(t, resharded(), &functions{}, func(r *replay.Replay) { r.StreamARN = "orders" })
		require.ErrorContains(t, err, `reading the stream's ARN "orders"`)
	})
}

func TestInterruptedReplayReturnsItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel()
		s, f := &stream{shards: []*shard{{id: "0"}, {id: "1", parent: "0"}}}, &functions{takes: time.Second}
		s.add("0", begin, 500)
		r := &replay.Replay{Stream: s, Lambda: f, StreamARN: streamARN, Functions: []string{"project"}, Until: time.Now(), Batch: 10, MaxRefused: 1}
		result, err := r.Run(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 50, result.Handled["project"])
	})
}
