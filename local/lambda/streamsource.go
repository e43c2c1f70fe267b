package lambda

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Streams is where mappings of streams read. *kinesis.Service is one.
type Streams interface {
	Authorize(ctx context.Context, p policy.Principal, action, arn string) error
	Stream(arn string) (streamARN string, consumer, ok bool)
	Retention(streamARN string) (time.Duration, bool)
	Shards(streamARN string) ([]kinesis.Shard, error)
	Read(ctx context.Context, p policy.Principal, streamARN, shardID string, from kinesis.Position, limit int) (kinesis.Batch, error)
	ReadConsumer(ctx context.Context, p policy.Principal, consumerARN, shardID string, from kinesis.Position, limit int) (kinesis.Batch, error)
	Arrivals(streamARN, shardID string) <-chan struct{}
}

// Starting positions.
const (
	trimHorizon  = "TRIM_HORIZON"
	latestRecord = "LATEST"
	atTimestamp  = "AT_TIMESTAMP"
)

const (
	// pollEvery is how often a shard without more records is polled. A consumer with enhanced fan-out is told at once.
	pollEvery = time.Second
	// listEvery is how often the shards are listed, apart from when one has been read to its end.
	listEvery = 10 * time.Second
	// readLimit is how many records one GetRecords gives at most. They wait here for their batches.
	readLimit = 10000
)

// streamSource reads the shards of a stream: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
type streamSource struct {
	streams     Streams
	queues      Queues
	clock       clockwork.Clock
	arn         string // as mapped: of a stream, or of a consumer with enhanced fan-out
	stream      string // its stream's ARN
	consumer    bool
	start       kinesis.Position
	batch       int
	window      time.Duration
	parallel    int           // batches of one shard at a time
	retries     int           // after the first attempt, or forever
	maxAge      time.Duration // of a record; negative for no limit
	bisect      bool
	partial     bool   // the function reports failed items
	destination string // of the metadata of discarded records; empty for none
}

func newStreamSource(s *Service, in *MappingArgs) (*streamSource, error) {
	stream, _, consumer := strings.Cut(in.EventSourceARN, "/consumer/")
	src := &streamSource{
		streams: s.Streams, queues: s.Queues, clock: s.account.Clock,
		arn: in.EventSourceARN, stream: stream, consumer: consumer,
		start: kinesis.Position{Type: value(in.StartingPosition, "")},
		batch: in.batchSize(), window: seconds(in.MaximumBatchingWindowInSeconds, 0), parallel: value(in.ParallelizationFactor, 1),
		retries: value(in.MaximumRetryAttempts, forever), maxAge: seconds(in.MaximumRecordAgeInSeconds, forever),
		bisect: value(in.BisectBatchOnFunctionError, false), partial: len(in.FunctionResponseTypes) > 0, destination: in.destination(),
	}
	if src.start.Type == atTimestamp {
		var err error
		if src.start.Timestamp, err = time.Parse(time.RFC3339, value(in.StartingPositionTimestamp, "")); err != nil {
			return nil, invalidParameter("StartingPositionTimestamp is not valid: %v", err)
		}
	}
	return src, nil
}

// describing are the actions on the stream that every reader needs, and reading those on a stream, or on a consumer
// with enhanced fan-out. AWS's managed policy AWSLambdaKinesisExecutionRole has ListStreams too; a mapping of one
// stream works without it.
var (
	describing = []string{"DescribeStream", "DescribeStreamSummary", "ListShards"}
	polling    = []string{"GetShardIterator", "GetRecords"}
	subscribed = []string{"SubscribeToShard"}
)

func (s *streamSource) check(p policy.Principal, _ *revision) error {
	reading := polling
	if s.consumer {
		reading = subscribed
	}
	// An injected fault of these actions is meant for reading; here only the role's policies speak.
	if err := s.authorize(context.Background(), p, s.stream, describing); isDenied(err) {
		return s.inaccessible()
	}
	if err := s.authorize(context.Background(), p, s.arn, reading); isDenied(err) {
		return s.inaccessible()
	}
	if _, _, ok := s.streams.Stream(s.arn); !ok {
		return invalidParameter("Stream not found: %s", s.arn)
	}
	if s.start.Timestamp.After(s.clock.Now()) {
		return invalidParameter("StartingPositionTimestamp cannot be in the future: %s", s.start.Timestamp.Format(time.RFC3339))
	}
	if s.destination == "" {
		return nil
	}
	if err := s.queues.Authorize(context.Background(), p, nil, "sqs:SendMessage", s.destination); isDenied(err) {
		return invalidParameter("The provided execution role does not have permissions to call SendMessage on SQS")
	}
	if _, ok := s.queues.VisibilityTimeout(s.destination); !ok {
		return invalidParameter("The destination ARN %s is invalid: there is no such queue", s.destination)
	}
	return nil
}

func (s *streamSource) authorize(ctx context.Context, p policy.Principal, arn string, calls []string) error {
	for _, call := range calls {
		if err := s.streams.Authorize(ctx, p, "kinesis:"+call, arn); err != nil {
			return err
		}
	}
	return nil
}

func (s *streamSource) inaccessible() error {
	if s.consumer {
		return invalidParameter("Cannot access stream consumer %s. Please ensure the role can perform the SubscribeToShard Action on "+
			"your stream consumer, and the DescribeStream, DescribeStreamSummary and ListShards Actions on your stream in IAM.", s.arn)
	}
	return invalidParameter("Cannot access stream %s. Please ensure the role can perform the GetRecords, GetShardIterator, "+
		"DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.", s.arn)
}

// read reads a shard. All that the mapping needs is asked for each time, so that it stops when any of it is taken away.
func (s *streamSource) read(ctx context.Context, m *mapping, shard string, from kinesis.Position, limit int) (b kinesis.Batch, err error) {
	p, err := s.enter(ctx, m)
	if err != nil {
		return kinesis.Batch{}, err
	}
	if s.consumer {
		b, err = s.streams.ReadConsumer(ctx, p, s.arn, shard, from, limit)
	} else {
		b, err = s.streams.Read(ctx, p, s.stream, shard, from, limit)
	}
	// Only what the fields say is kept: it needs GetShardIterator again, and is not valid for another stream that has
	// taken the name of this one.
	b.Next = kinesis.Position{Type: b.Next.Type, Timestamp: b.Next.Timestamp, SequenceNumber: b.Next.SequenceNumber}
	return b, err
}

// enter is the function's role, if it may look at the stream.
func (s *streamSource) enter(ctx context.Context, m *mapping) (policy.Principal, error) {
	p, err := m.principal(m.s.function(m.function))
	if err != nil {
		return p, err
	}
	return p, s.authorize(ctx, p, s.stream, describing)
}

// streamRun is a mapping at work, from its start until it is halted.
type streamRun struct {
	*streamSource
	m       *mapping
	group   sync.WaitGroup
	running map[string]bool // shards, by their ID
	ended   chan *shardReader
}

func (s *streamSource) run(ctx context.Context, m *mapping) {
	r := &streamRun{streamSource: s, m: m, running: map[string]bool{}, ended: make(chan *shardReader)}
	for ctx.Err() == nil {
		wait := listEvery
		if !r.startReaders(ctx) {
			wait = retryRefused
		}
		select {
		case shard := <-r.ended:
			delete(r.running, shard.id)
			if shard.lost {
				delete(m.places.shards, shard.id)
			}
		case <-s.clock.After(wait):
		case <-ctx.Done():
		}
	}
	r.group.Wait()
}

// startReaders lists the shards, and reads those whose turn has come. It tells whether it could.
func (r *streamRun) startReaders(ctx context.Context) bool {
	shards, err := r.list(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.m.report(problem("Kinesis", err))
		}
		return false
	}
	r.m.places.update(shards, r.start, r.running)
	for _, shard := range shards {
		if !r.ready(shard) {
			continue
		}
		r.running[shard.ID] = true
		reader := newShardReader(r.streamSource, r.m, shard.ID, r.m.places.shards[shard.ID])
		r.group.Go(func() {
			reader.run(ctx)
			select {
			case r.ended <- reader:
			case <-ctx.Done():
			}
		})
	}
	return true
}

func (r *streamRun) list(ctx context.Context) ([]kinesis.Shard, error) {
	if _, err := r.enter(ctx, r.m); err != nil {
		return nil, err
	}
	return r.streams.Shards(r.stream)
}

// ready tells whether a shard is to be read now: it is not being read, not done, and all of its parents are done, so
// that the records of a key keep their order when a stream is resharded.
func (r *streamRun) ready(shard kinesis.Shard) bool {
	if r.running[shard.ID] || r.m.places.shards[shard.ID].done() {
		return false
	}
	for _, parent := range []string{shard.ParentID, shard.AdjacentParentID} {
		if place := r.m.places.shards[parent]; r.running[parent] || place != nil && !place.done() {
			return false
		}
	}
	return true
}

func codeOf(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
