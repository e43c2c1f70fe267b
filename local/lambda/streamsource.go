package lambda

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/internal/pattern"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Starting positions, with the names of kinesis.Position.
const (
	trimHorizon  = "TRIM_HORIZON"
	latestRecord = "LATEST"
	atTimestamp  = "AT_TIMESTAMP"
)

const (
	// pollEvery is how often a shard without more records is polled. A consumer with enhanced fan-out is notified.
	pollEvery = time.Second
	// listEvery is how often the shards are listed. They are also listed when one has been read to its end.
	listEvery = 10 * time.Second
	// readLimit is the limit of records of one GetRecords. They wait here for their batches.
	readLimit = 10000
)

// streamSource reads the shards of a stream: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
type streamSource struct {
	streams     *kinesis.Service
	queues      Queues
	clock       clockwork.Clock
	arn         string // as mapped: of a stream, or of a consumer with enhanced fan-out
	stream      string // ARN of the stream
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
	filters     []pattern.Pattern
}

func newStreamSource(s *Service, in *MappingArgs) (*streamSource, error) {
	stream, _, consumer := strings.Cut(in.EventSourceARN, "/consumer/")
	src := &streamSource{
		streams: s.Streams, queues: s.Queues, clock: s.account.Clock,
		arn: in.EventSourceARN, stream: stream, consumer: consumer,
		start: kinesis.Position{Type: value(in.StartingPosition, "")},
		batch: *in.BatchSize, window: seconds(in.MaximumBatchingWindowInSeconds), parallel: *in.ParallelizationFactor,
		retries: *in.MaximumRetryAttempts, maxAge: seconds(in.MaximumRecordAgeInSeconds),
		bisect: *in.BisectBatchOnFunctionError, partial: len(in.FunctionResponseTypes) > 0, destination: in.destination(),
	}
	var err error
	if src.filters, err = in.filters(); err != nil {
		return nil, invalidParameter("FilterCriteria: %v", err)
	}
	if src.start.Type == atTimestamp {
		if src.start.Timestamp, err = time.Parse(time.RFC3339, value(in.StartingPositionTimestamp, "")); err != nil {
			return nil, invalidParameter("StartingPositionTimestamp is not valid: %v", err)
		}
	}
	return src, nil
}

// AWS requires describing and polling on the stream for every mapping, and subscribed on the consumer for one with enhanced
// fan-out: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
var (
	describing = []string{"DescribeStream", "DescribeStreamSummary", "ListShards"}
	polling    = []string{"GetShardIterator", "GetRecords"}
	subscribed = []string{"SubscribeToShard"}
)

func (s *streamSource) check(p policy.Principal, _ *revision) error {
	ctx := context.Background()
	// Injected faults of reading are ignored here: only the role's policies decide.
	if policy.IsDenied(s.authorize(ctx, p, s.stream, slices.Concat(describing, polling))) {
		return invalidParameter("Cannot access stream %s. The role needs %s on it.", s.stream, strings.Join(slices.Concat(describing, polling), ", "))
	}
	if s.consumer && policy.IsDenied(s.authorize(ctx, p, s.arn, subscribed)) {
		return invalidParameter("Cannot access consumer %s. The role needs %s on it.", s.arn, subscribed[0])
	}
	if !s.streams.Exists(s.arn) {
		return invalidParameter("Stream not found: %s", s.arn)
	}
	if s.start.Timestamp.After(s.clock.Now()) {
		return invalidParameter("StartingPositionTimestamp cannot be in the future: %s", s.start.Timestamp.Format(time.RFC3339))
	}
	return checkDestination(ctx, s.queues, p, s.destination)
}

func (s *streamSource) authorize(ctx context.Context, p policy.Principal, arn string, calls []string) error {
	for _, call := range calls {
		if err := s.streams.Authorize(ctx, p, "kinesis:"+call, arn); err != nil {
			return err
		}
	}
	return nil
}

// read reads a shard. It authorizes everything that the mapping needs each time, so that the mapping stops when a permission
// is removed.
func (s *streamSource) read(ctx context.Context, m *mapping, shard string, from kinesis.Position, limit int) (kinesis.Batch, error) {
	p, err := s.enter(ctx, m)
	if err != nil {
		return kinesis.Batch{}, err
	}
	return s.streams.Read(ctx, p, s.arn, shard, from, limit)
}

// enter returns a session of the function's role, if it may describe the stream, and for a consumer poll it. A read of the stream
// itself is authorized when it is done.
func (s *streamSource) enter(ctx context.Context, m *mapping) (policy.Principal, error) {
	p, err := m.principal(m.s.function(m.function))
	if err != nil {
		return p, err
	}
	calls := describing
	if s.consumer {
		calls = slices.Concat(describing, polling)
	}
	return p, s.authorize(ctx, p, s.stream, calls)
}
