package lambda

import (
	"context"
	"slices"
	"strings"
	"time"

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
	*MappingArgs
	stream   string // ARN of the stream; the mapping's may be that of a consumer with enhanced fan-out
	consumer bool
	start    kinesis.Position
	patterns []pattern.Pattern
}

func newStreamSource(in *MappingArgs) (*streamSource, error) {
	stream, _, consumer := strings.Cut(in.EventSourceARN, "/consumer/")
	src := &streamSource{MappingArgs: in, stream: stream, consumer: consumer, start: kinesis.Position{Type: value(in.StartingPosition, "")}}
	var err error
	if src.patterns, err = in.filters(); err != nil {
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

func (r *streamSource) check(s *Service, p policy.Principal, _ *revision) error {
	ctx, all := context.Background(), slices.Concat(describing, polling)
	// Injected faults of reading are ignored here: only the role's policies decide.
	if policy.IsDenied(authorize(ctx, s.Streams, p, r.stream, all)) {
		return invalidParameter("Cannot access stream %s. The role needs %s on it.", r.stream, strings.Join(all, ", "))
	}
	if r.consumer && policy.IsDenied(authorize(ctx, s.Streams, p, r.EventSourceARN, subscribed)) {
		return invalidParameter("Cannot access consumer %s. The role needs %s on it.", r.EventSourceARN, subscribed[0])
	}
	if !s.Streams.Exists(r.EventSourceARN) {
		return invalidParameter("Stream not found: %s", r.EventSourceARN)
	}
	if r.start.Timestamp.After(s.account.Clock.Now()) {
		return invalidParameter("StartingPositionTimestamp cannot be in the future: %s", r.start.Timestamp.Format(time.RFC3339))
	}
	return checkDestination(ctx, s.Queues, p, r.destination())
}

func authorize(ctx context.Context, streams *kinesis.Service, p policy.Principal, arn string, calls []string) error {
	for _, call := range calls {
		if err := streams.Authorize(ctx, p, "kinesis:"+call, arn); err != nil {
			return err
		}
	}
	return nil
}

// read reads a shard. It authorizes everything that the mapping needs each time, so that the mapping stops when a permission
// is removed.
func (r *streamSource) read(ctx context.Context, m *mapping, shard string, from kinesis.Position, limit int) (kinesis.Batch, error) {
	p, err := r.enter(ctx, m)
	if err != nil {
		return kinesis.Batch{}, err
	}
	return m.s.Streams.Read(ctx, p, r.EventSourceARN, shard, from, limit)
}

// enter returns a session of the function's role, if it may describe the stream, and for a consumer poll it. A read of the stream
// itself is authorized when it is done.
func (r *streamSource) enter(ctx context.Context, m *mapping) (policy.Principal, error) {
	p, err := m.principal(m.function())
	if err != nil {
		return p, err
	}
	calls := describing
	if r.consumer {
		calls = slices.Concat(describing, polling)
	}
	return p, authorize(ctx, m.s.Streams, p, r.stream, calls)
}
