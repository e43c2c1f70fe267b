package kinesisbatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
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

// failures is a failure queue.
type failures struct {
	sent   []string // sequence numbers
	last   string   // the last message
	traces []string // sequence numbers and tracing headers
	err    map[string]error
}

func (f *failures) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	var m kinesisbatch.Failure
	if err := json.Unmarshal([]byte(*in.MessageBody), &m); err != nil || *in.QueueUrl != "https://failures" {
		return nil, fmt.Errorf("unexpected message to %s: %s", *in.QueueUrl, *in.MessageBody)
	}
	if err := errors.Join(ctx.Err(), f.err[m.Record.SequenceNumber]); err != nil {
		return nil, err
	}
	if a, ok := in.MessageSystemAttributes["AWSTraceHeader"]; ok {
		f.traces = append(f.traces, m.Record.SequenceNumber+" "+*a.StringValue)
	}
	f.sent, f.last = append(f.sent, m.Record.SequenceNumber), *in.MessageBody
	return &sqs.SendMessageOutput{}, nil
}

// process calls Process of a reader with its failure queue f.
func process(ctx context.Context, f *failures, b events.KinesisEvent, limit int, handle func(context.Context, events.KinesisEventRecord) error) events.KinesisEventResponse {
	return (&kinesisbatch.Reader{Client: f, FailuresURL: "https://failures"}).Process(ctx, b, limit, func(r events.KinesisEventRecord) (string, kinesisbatch.Handle) {
		return "", func(ctx context.Context) error { return handle(ctx, r) }
	})
}

func TestKeysKeepTheirOrderAndStopAtTheirFailure(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.DiscardHandler))
	rapid.Check(t, func(rt *rapid.T) {
		b := batch(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", ""}), 0, 30).Draw(rt, "keys")...)
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]string{"done", "done", "done", "permanent", "error", "panic"}), len(b.Records), len(b.Records)).Draw(rt, "outcomes")
		unsendable := rapid.IntRange(0, max(0, len(b.Records)-1)).Draw(rt, "unsendable")
		f := &failures{err: map[string]error{fmt.Sprint(100 + unsendable): errors.New("no permission")}}
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
			if outcomes[i] == "error" || outcomes[i] == "panic" {
				stopped[k] = true
				if lowest == "" {
					lowest = number
				}
			}
		}

		// What is before the first failure and can never succeed is sent, until a send fails.
		var sent []string
		for i, r := range b.Records {
			number := r.Kinesis.SequenceNumber
			if number == lowest {
				break
			}
			if outcomes[i] != "permanent" {
				continue
			}
			if i == unsendable {
				lowest = number
				break
			}
			sent = append(sent, number)
		}

		var j journal
		var response events.KinesisEventResponse
		synctest.Test(t, func(*testing.T) {
			response = process(context.Background(), f, b, limit, func(_ context.Context, r events.KinesisEventRecord) error {
				defer j.begin(rt, r)()
				time.Sleep(time.Second)
				switch outcomeOf[r.Kinesis.SequenceNumber] {
				case "permanent":
					return fmt.Errorf("reading: %w", permanent.Error(errors.New("malformed")))
				case "error":
					return errors.New("broken")
				case "panic":
					panic("bug")
				}
				return nil
			})
		})
		require.Equal(rt, lowest, checkpoint(rt, response))
		require.Equal(rt, sent, f.sent)
		if len(b.Records) > 0 {
			require.Equal(rt, want, j.handled)
		}
		// Each record takes a second, so the limit is reached.
		require.Equal(rt, min(limit, len(want)), j.peak)
	})
}

func TestSuccessIsAnEmptyListNotNull(t *testing.T) {
	for _, b := range []events.KinesisEvent{{}, batch("a", "b", "a")} {
		answer, err := json.Marshal(process(t.Context(), nil, b, 2, func(context.Context, events.KinesisEventRecord) error { return nil }))
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
		response := process(ctx, nil, batch("a", "a", "b", "a", "b"), 1, func(ctx context.Context, r events.KinesisEventRecord) error {
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
		response := process(ctx, nil, batch("b", "a", "a", "a"), 2, func(_ context.Context, r events.KinesisEventRecord) error {
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
		process(t.Context(), nil, batch("a", "b", "a", "c"), 3, func(_ context.Context, r events.KinesisEventRecord) error {
			if r.Kinesis.PartitionKey == "c" {
				return nil
			}
			return errors.New("broken")
		})
	})
	require.Len(t, lines, 2, "the second record of a key that stopped has not failed")
	require.Equal(t, map[string]any{
		"level": "ERROR", "msg": "record failed; the batch will be delivered again from the first such record",
		"sequenceNumber": "101", "partitionKey": "b", "shardId": "shardId-000000000000", "outcome": "failed", "error": "broken", "cause": "broken",
	}, lines[1])
	require.NotContains(t, fmt.Sprint(lines), "secret")
}

func TestTheFailureQueueReceivesTheRecordAndWhyItCanNeverSucceed(t *testing.T) {
	b := batch("a")
	r := &b.Records[0]
	r.EventSourceArn = "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1"
	r.Kinesis.ApproximateArrivalTimestamp = events.SecondsEpochTime{Time: time.Date(2026, 3, 1, 8, 30, 0, 123e6, time.UTC)}
	r.Kinesis.PartitionKey = "a\uffff\x01"
	f := &failures{}
	refuse := func(context.Context, events.KinesisEventRecord) error {
		return permanent.Error(errors.New("order.quantity: must be at least 1"))
	}
	lines := handlertest.Logged(t, func() { require.Empty(t, checkpoint(t, process(t.Context(), f, b, 1, refuse))) })
	// SQS accepts no character that XML does not allow, so they are escaped.
	require.Equal(t, `{"error":"order.quantity: must be at least 1","record":{"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s",`+
		`"shardId":"shardId-000000000000","sequenceNumber":"100","partitionKey":"a\uffff\u0001",`+
		`"approximateArrivalTimestamp":"2026-03-01T08:30:00.123Z","data":"c2VjcmV0IDEwMA=="}}`, f.last)
	require.Len(t, lines, 1)
	require.Equal(t, "record can never succeed; it was sent to the failure queue", lines[0]["msg"])
	require.NotContains(t, fmt.Sprint(lines), "secret")
}

func TestARecordThatDoesNotFitIntoAMessageIsReportedWithoutItsData(t *testing.T) {
	for size, omitted := range map[int]int{190_000: 0, 1 << 20: 1 << 20} {
		b, f := batch("a"), &failures{}
		b.Records[0].Kinesis.Data = make([]byte, size)
		require.Empty(t, checkpoint(t, process(t.Context(), f, b, 1, func(context.Context, events.KinesisEventRecord) error {
			return permanent.Error(errors.New(strings.Repeat("ä", 5000)))
		})))
		var m kinesisbatch.Failure
		require.NoError(t, json.Unmarshal([]byte(f.last), &m))
		require.Equal(t, omitted, m.Record.DataOmitted)
		require.Len(t, m.Record.Data, size-omitted)
		require.Equal(t, "100", m.Record.SequenceNumber)
		require.Equal(t, strings.Repeat("ä", 2048), m.Error)
		require.LessOrEqual(t, len(f.last), 256<<10)
	}
}

func TestPermanentOfNoErrorIsNoError(t *testing.T) { require.NoError(t, permanent.Error(nil)) }
