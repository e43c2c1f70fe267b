package kinesisbatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
)

// batch makes a record for each key, with the sequence numbers 100, 101, ...
func batch(keys ...string) (b events.KinesisEvent) {
	for i, k := range keys {
		number := fmt.Sprint(100 + i)
		b.Records = append(b.Records, events.KinesisEventRecord{
			EventID: "shardId-000000000000:" + number,
			Kinesis: events.KinesisRecord{PartitionKey: k, SequenceNumber: number, Data: []byte("secret " + number)},
		})
	}
	return b
}

func checkpoint(t require.TestingT, r events.KinesisEventResponse) string {
	require.NotNil(t, r.BatchItemFailures)
	require.LessOrEqual(t, len(r.BatchItemFailures), 1)
	if len(r.BatchItemFailures) == 0 {
		return ""
	}
	return r.BatchItemFailures[0].ItemIdentifier
}

// journal records what was handled, by key, and how many concurrently.
type journal struct {
	mu        sync.Mutex
	handled   map[string][]string
	busy      map[string]bool
	now, peak int
}

func (j *journal) begin(t require.TestingT, r events.KinesisEventRecord) (end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.handled == nil {
		j.handled, j.busy = map[string][]string{}, map[string]bool{}
	}
	k := r.Kinesis.PartitionKey
	require.False(t, j.busy[k], "two records of the key %s at once", k)
	j.busy[k] = true
	j.handled[k] = append(j.handled[k], r.Kinesis.SequenceNumber)
	j.now++
	j.peak = max(j.peak, j.now)
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.busy[k] = false
		j.now--
	}
}

func (j *journal) seen() map[string][]string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.handled
}

func TestKeysKeepTheirOrderAndStopAtTheirFailure(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.DiscardHandler))
	rapid.Check(t, func(rt *rapid.T) {
		b := batch(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", ""}), 0, 30).Draw(rt, "keys")...)
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]string{"done", "done", "done", "error", "panic"}), len(b.Records), len(b.Records)).Draw(rt, "outcomes")
		limit := rapid.IntRange(1, 6).Draw(rt, "limit")

		want := map[string][]string{} // by key, up to its first failure
		stopped := map[string]bool{}
		lowest, outcomeOf := "", map[string]string{}
		for i, r := range b.Records {
			k, number := r.Kinesis.PartitionKey, r.Kinesis.SequenceNumber
			outcomeOf[number] = outcomes[i]
			if stopped[k] {
				continue
			}
			want[k] = append(want[k], number)
			if outcomes[i] != "done" {
				stopped[k] = true
				if lowest == "" {
					lowest = number
				}
			}
		}

		var j journal
		var response events.KinesisEventResponse
		synctest.Test(t, func(*testing.T) {
			response = kinesisbatch.Process(context.Background(), b, limit, func(_ context.Context, r events.KinesisEventRecord) error {
				defer j.begin(rt, r)()
				time.Sleep(time.Second)
				switch outcomeOf[r.Kinesis.SequenceNumber] {
				case "error":
					return errors.New("broken")
				case "panic":
					panic("bug")
				}
				return nil
			})
		})
		require.Equal(rt, lowest, checkpoint(rt, response))
		if len(b.Records) > 0 {
			require.Equal(rt, want, j.handled)
		}
		// Each record takes a second, so the limit is reached.
		require.Equal(rt, min(limit, len(want)), j.peak)
	})
}

func TestSuccessIsAnEmptyListNotNull(t *testing.T) {
	for _, b := range []events.KinesisEvent{{}, batch("a", "b", "a")} {
		answer, err := json.Marshal(kinesisbatch.Process(t.Context(), b, 2, func(context.Context, events.KinesisEventRecord) error { return nil }))
		require.NoError(t, err)
		require.JSONEq(t, `{"batchItemFailures":[]}`, string(answer))
	}
}

func TestNearTheDeadlineTheFirstUndoneRecordIsTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		var j journal
		// Each takes 12 s, one key at a time: two of the first key are done before the deadline, its third is not.
		response := kinesisbatch.Process(ctx, batch("a", "a", "b", "a", "b"), 1, func(ctx context.Context, r events.KinesisEventRecord) error {
			defer j.begin(t, r)()
			select {
			case <-time.After(12 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		require.Equal(t, "102", checkpoint(t, response), "of the key that was not begun")
		require.Equal(t, map[string][]string{"a": {"100", "101", "103"}}, j.seen())
		require.Equal(t, 29*time.Second, time.Since(start))
	})
}

func TestHandlerThatIgnoresTheContextDoesNotDelayTheAnswerAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		var j journal
		response := kinesisbatch.Process(ctx, batch("b", "a", "a", "a"), 2, func(_ context.Context, r events.KinesisEventRecord) error {
			defer j.begin(t, r)()
			if r.Kinesis.SequenceNumber == "102" {
				time.Sleep(time.Hour)
			}
			return nil
		})
		require.Equal(t, "102", checkpoint(t, response))
		require.Equal(t, 19*time.Second, time.Since(start))
		time.Sleep(2 * time.Hour) // the straggler ends, and leaves the rest of its key to the next invocation
		require.Equal(t, map[string][]string{"b": {"100"}, "a": {"101", "102"}}, j.seen())
	})
}

func TestEachFailureIsLoggedWithoutTheData(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		kinesisbatch.Process(t.Context(), batch("a", "b", "a", "c"), 3, func(_ context.Context, r events.KinesisEventRecord) error {
			if r.Kinesis.PartitionKey == "c" {
				return nil
			}
			return errors.New("broken")
		})
	})
	require.Len(t, lines, 2, "the second record of a key that stopped has not failed")
	require.Equal(t, map[string]any{
		"level": "ERROR", "msg": "record failed; the batch will be delivered again from the first such record",
		"sequenceNumber": "101", "partitionKey": "b", "eventID": "shardId-000000000000:101", "error": "broken",
	}, lines[1])
	require.NotContains(t, fmt.Sprint(lines), "secret")
}
