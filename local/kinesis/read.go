package kinesis

import (
	"context"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Position is where to read a shard from.
type Position struct {
	Type           string    // TRIM_HORIZON, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER
	Timestamp      time.Time // of AT_TIMESTAMP
	SequenceNumber string    // of AT_ and AFTER_SEQUENCE_NUMBER
}

// Shard is one shard of a stream. The parents are empty if there are none, or they are gone with their retention.
type Shard struct {
	ID, ParentID, AdjacentParentID string
	Closed                         bool
}

// Record is one record of a shard. Its data is shared: do not change it.
type Record struct {
	SequenceNumber, PartitionKey string
	Data                         []byte
	Arrived                      time.Time
}

// Batch is what one read found.
type Batch struct {
	Records []Record
	// Next is where to go on: after the last record, or at the place that the position meant where nothing came.
	Next Position
	// End tells that the shard is closed, and everything in it was read.
	End bool
	// More tells that there are more records right now.
	More bool
}

// Authorize decides an action, such as "kinesis:SubscribeToShard", on the ARN of a stream or a consumer; then faults of
// that action happen.
func (s *Service) Authorize(ctx context.Context, p policy.Principal, keys map[string]string, action, arn string) error {
	return s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: arn, Keys: keys})
}

// Stream tells which stream an ARN means: that of a stream, or of a registered consumer of one. ok is false if it does
// not exist.
func (s *Service) Stream(arn string) (streamARN string, consumer, ok bool) { return "", false, false }

// Shards lists the stream's shards, parents before children. The caller authorizes.
func (s *Service) Shards(streamARN string) ([]Shard, error) { return nil, errNoStream(streamARN) }

// Read reads up to limit records of a shard.
func (s *Service) Read(ctx context.Context, p policy.Principal, streamARN, shardID string, from Position, limit int) (Batch, error) {
	return Batch{}, errNoStream(streamARN)
}

// ReadConsumer is Read with enhanced fan-out.
func (s *Service) ReadConsumer(ctx context.Context, p policy.Principal, consumerARN, shardID string, from Position, limit int) (Batch, error) {
	return Batch{}, errNoStream(consumerARN)
}

// Arrivals is closed when a record arrives after the call, or the shard is closed, or its stream goes.
func (s *Service) Arrivals(streamARN, shardID string) <-chan struct{} {
	gone := make(chan struct{})
	close(gone)
	return gone
}

func errNoStream(arn string) error {
	return wire.Errorf(400, "ResourceNotFoundException", "Stream %s not found.", arn)
}
