// Package replay invokes functions again with the records of a Kinesis stream, as Lambda's event source mapping did when the records
// arrived: with events of the same format, each shard in order, parent shards before their children. The functions run with their own code
// and permissions. The caller does not need the functions' permissions.
//
// The event source mapping continues to deliver new records. So a function must give the same result for records that are repeated, late,
// or concurrent with newer ones.
package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// shardsAtOnce is the number of shards that are replayed in parallel, and so the number of concurrent invocations.
const shardsAtOnce = 8

// StreamAPI is the part of a Kinesis client that a Replay uses. It needs kinesis:ListShards, kinesis:GetShardIterator and
// kinesis:GetRecords on the stream.
type StreamAPI interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// InvokeAPI is the part of a Lambda client that a Replay uses. It needs lambda:InvokeFunction on the functions.
type InvokeAPI interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Replay says which records to replay, and to which functions. The clients retry throttled requests. Any other error of an
// API, or one that remains after the retries, stops the replay.
type Replay struct {
	Stream StreamAPI // Required
	Lambda InvokeAPI // Required

	StreamARN string
	// Functions are the names or ARNs of the functions. Each gets every record.
	Functions []string
	// Since skips records that arrived before it. Functions then refuse orders older than coffee.MaxAge. Zero means from the oldest record
	// in the stream: only then are orders of any age stored again.
	Since time.Time
	// Until skips records that arrived after it, by the stream's clock. Required.
	Until time.Time
	// Batch is the largest number of records in an invocation. There are fewer if they would exceed 6 MB. At least 1.
	Batch int
	// MaxRefused is the largest number of refused records. More stop the replay, because then the fault is probably in a function and not
	// in the records.
	MaxRefused int
}

// Result counts the records by outcome.
type Result struct {
	Handled map[string]int // number of records, by function
	Refused []Refusal
}

// Refusal is a record that was skipped because a function failed on it repeatedly, the last time with no other record.
type Refusal struct {
	Function, ShardID, SequenceNumber string
	Reason                            string
}

func (r Refusal) String() string {
	return fmt.Sprintf("sequence number %s of shard %s by %s: %s", r.SequenceNumber, r.ShardID, r.Function, r.Reason)
}

// Run replays the records. With an error, it returns the result so far.
func (r *Replay) Run(ctx context.Context) (Result, error) {
	streamARN, err := arn.Parse(r.StreamARN)
	if err != nil {
		return Result{}, fmt.Errorf("reading the stream's ARN %q: %w", r.StreamARN, err)
	}
	shards, err := r.shards(ctx)
	if err != nil {
		return Result{}, err
	}
	t := &tally{limit: r.MaxRefused, result: Result{Handled: map[string]int{}}}
	for _, function := range r.Functions {
		t.result.Handled[function] = 0
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, shardsAtOnce)
	var all sync.WaitGroup
	for _, s := range shards {
		all.Go(func() {
			defer close(s.done)
			if err := s.awaitParents(ctx); err != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case slots <- struct{}{}:
			}
			defer func() { <-slots }()
			if err := r.replayShard(ctx, s, streamARN.Region, t); err != nil {
				cancel(fmt.Errorf("replaying shard %s: %w", s.id, err))
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return t.result, err
	}
	return t.result, nil
}

// source returns the eventSource of the events. Without the records before Since, an order may lack the completion that ended it. So the
// functions must then refuse orders that are too old.
func (r *Replay) source() string {
	if r.Since.IsZero() {
		return coffee.ReplaySource
	}
	return ""
}

func (r *Replay) replayShard(ctx context.Context, s *shard, region string, t *tally) error {
	var deliveries []*delivery
	for _, function := range r.Functions {
		deliveries = append(deliveries, &delivery{
			api: r.Lambda, function: function, batch: r.Batch, size: r.Batch, tally: t,
			place: place{streamARN: r.StreamARN, region: region, shardID: s.id, source: r.source()},
		})
	}
	return r.read(ctx, s.id, func(records []record) error {
		for _, d := range deliveries {
			if err := d.deliver(ctx, records); err != nil {
				return err
			}
		}
		return nil
	})
}

// tally counts the records of all shards.
type tally struct {
	mu     sync.Mutex
	limit  int
	result Result
}

func (t *tally) handled(function string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Handled[function] += n
}

var errRefused = errors.New("too many records were refused")

func (t *tally) refused(r Refusal) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Refused = append(t.result.Refused, r)
	if len(t.result.Refused) > t.limit {
		return fmt.Errorf("%w: more than %d", errRefused, t.limit)
	}
	return nil
}

// pause waits for d. It returns ctx's cause if ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
