package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/xray"
)

// sentQueue keeps what is sent to it.
type sentQueue struct {
	*fakeQueues
	bodies []string
}

func (d *sentQueue) Send(_ context.Context, _ policy.Principal, _ map[string]string, _ string, m sqs.Message) (string, error) {
	d.bodies = append(d.bodies, m.Body)
	return "id", nil
}

// For every kind of failure and response: each record is handled once, in order, or discarded, and no record is discarded
// without need.
func TestEveryRecordOfABatchIsHandledOrDiscarded(t *testing.T) {
	r := newRiver(t, 1)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-done:
				return
			default:
				r.clock.Advance(maxBackoff)
				time.Sleep(10 * time.Microsecond)
			}
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Bool().Draw(t, "the first record's other answer")
		for g, turn := range map[*guess.Guess]bool{guess.StreamFirstRecord: first, guess.StreamBackoff: rapid.Bool().Draw(t, "no wait")} {
			if turn {
				defer r.account.Guesses.Turn(g)()
			}
		}
		out := &sentQueue{}
		r.lambda.Queues = out
		bisect, partial, retries := rapid.Bool().Draw(t, "bisect"), rapid.Bool().Draw(t, "partial"), rapid.IntRange(0, 2).Draw(t, "retries")
		in := MappingArgs{
			EventSourceARN: kinesis.StreamARN("none"), BatchSize: aws.Int(100), BisectBatchOnFunctionError: &bisect, MaximumRetryAttempts: &retries,
			DestinationConfig: &DestinationConfig{OnFailure: &OnFailure{DestinationARN: "d"}},
		}
		if partial {
			in.FunctionResponseTypes = []string{"ReportBatchItemFailures"}
		}
		lane := r.idleMapping(in).reader("shard").lanes[0]
		poison := rapid.SliceOfN(rapid.Bool(), 1, 40).Draw(t, "poison")
		var batch []item
		index := map[string]int{}
		for i := range poison {
			number := fmt.Sprint(100 + i)
			index[number] = i
			batch = append(batch, item{Record: kinesis.Record{SequenceNumber: number}})
		}
		var handled []int // records, in the order in which they were handled
		tries := map[int]int{}
		lane.invoke = func(payload []byte, _ []xray.Link) (Result, error) {
			if rapid.IntRange(0, 9).Draw(t, "refusal") == 0 {
				return Result{}, Throttled()
			}
			var event struct {
				Records []struct {
					Kinesis struct {
						SequenceNumber string
					}
				}
			}
			require.NoError(t, json.Unmarshal(payload, &event))
			for _, rec := range event.Records {
				i := index[rec.Kinesis.SequenceNumber]
				tries[i]++
				if !poison[i] {
					continue
				}
				if !partial {
					return Result{FunctionError: Unhandled}, nil
				}
				for _, before := range event.Records {
					if before == rec {
						break
					}
					handled = append(handled, index[before.Kinesis.SequenceNumber])
				}
				return Result{Payload: []byte(`{"batchItemFailures":[{"itemIdentifier":"` + rec.Kinesis.SequenceNumber + `"}]}`)}, nil
			}
			for _, rec := range event.Records {
				handled = append(handled, index[rec.Kinesis.SequenceNumber])
			}
			return Result{}, nil
		}
		require.Empty(t, lane.handle(context.Background(), batch))

		discarded := map[int]bool{}
		for _, body := range out.bodies {
			var d struct {
				KinesisBatchInfo struct{ StartSequenceNumber, EndSequenceNumber string }
			}
			require.NoError(t, json.Unmarshal([]byte(body), &d))
			for i := index[d.KinesisBatchInfo.StartSequenceNumber]; i <= index[d.KinesisBatchInfo.EndSequenceNumber]; i++ {
				require.False(t, discarded[i], "twice")
				discarded[i] = true
			}
		}
		last := -1
		for _, i := range handled {
			require.Greater(t, i, last, "in order, and once")
			require.False(t, discarded[i])
			last = i
		}
		require.Len(t, poison, len(handled)+len(discarded))
		for i, bad := range poison {
			if bad {
				require.True(t, discarded[i])
			} else if bisect && !(partial && first) {
				require.False(t, discarded[i], "with bisecting on, only what fails is discarded")
			}
			if bad && bisect && !(partial && first) {
				require.Greater(t, tries[i], retries)
			}
		}
	})
}
