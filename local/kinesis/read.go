package kinesis

import (
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Position is where to read a shard from.
type Position struct {
	Type           string    // TRIM_HORIZON, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER
	Timestamp      time.Time // of AT_TIMESTAMP, not in the future
	SequenceNumber string    // of AT_ and AFTER_SEQUENCE_NUMBER

	place uint64 // known, if the position comes from a read; 0 if not
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
	// Next is where to go on: after the last record, or the fixed place that the position meant where nothing came.
	Next Position
	// End tells that the shard is closed, and everything in it was read.
	End bool
	// More tells that there are more records right now.
	More bool
}

// Stream tells which stream an ARN means: that of a stream, or of a registered consumer of one. ok is false if it does
// not exist.
func (s *Service) Stream(arn string) (streamARN string, consumer, ok bool) {
	if st, err := s.streamAt(arn); err == nil {
		return st.arn, false, true
	}
	if st, _, err := s.consumerAt(arn); err == nil {
		return st.arn, true, true
	}
	return "", false, false
}

// Retention is how long the stream keeps a record; false if there is no such stream.
func (s *Service) Retention(streamARN string) (time.Duration, bool) {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return 0, false
	}
	return st.retention(), true
}

// Shards lists the stream's shards that are not gone with their retention, parents before children. The caller
// authorizes.
func (s *Service) Shards(streamARN string) ([]Shard, error) {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return nil, err
	}
	shards := st.live(s.account.Clock.Now())
	there := map[string]bool{"": true}
	list := make([]Shard, len(shards))
	for i, sh := range shards {
		there[sh.id] = true
		list[i].ID = sh.id
		if there[sh.parent] {
			list[i].ParentID = sh.parent
		}
		if there[sh.adjacent] {
			list[i].AdjacentParentID = sh.adjacent
		}
		sh.mu.Lock()
		list[i].Closed = !sh.open()
		sh.mu.Unlock()
	}
	return list, nil
}

// Read reads up to limit records and 10 MiB of a shard, as GetShardIterator and GetRecords do: it authorizes the
// former unless a read gave the position, and the latter, and counts against the shard's limits. An exceeded one is a
// *wire.Error with the code ProvisionedThroughputExceededException. A shard that is gone is ResourceNotFoundException.
func (s *Service) Read(ctx context.Context, p policy.Principal, streamARN, shardID string, from Position, limit int) (Batch, error) {
	if from.place == 0 {
		if err := s.allow(ctx, p, nil, "kinesis:GetShardIterator", streamARN); err != nil {
			return Batch{}, err
		}
	}
	const action = "kinesis:GetRecords"
	if err := s.allow(ctx, p, nil, action, streamARN); err != nil {
		return Batch{}, err
	}
	st, err := s.streamAt(streamARN)
	if err != nil {
		return Batch{}, err
	}
	b, err := s.read(st, "", shardID, from, limit)
	if err == nil {
		err = s.after(ctx, p, action, streamARN)
	}
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}

// ReadConsumer is Read with enhanced fan-out: it authorizes kinesis:SubscribeToShard on the consumer, which has 2 MiB a
// second of each shard for itself. Where AWS would send later, the limit is an error here, as that of Read.
func (s *Service) ReadConsumer(ctx context.Context, p policy.Principal, consumerARN, shardID string, from Position, limit int) (Batch, error) {
	const action = "kinesis:SubscribeToShard"
	if err := s.allow(ctx, p, nil, action, consumerARN); err != nil {
		return Batch{}, err
	}
	st, c, err := s.consumerAt(consumerARN)
	if err != nil {
		return Batch{}, err
	}
	b, err := s.read(st, c.arn, shardID, from, limit)
	if err == nil {
		err = s.after(ctx, p, action, consumerARN)
	}
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}

func (s *Service) read(st *stream, consumer, shardID string, from Position, limit int) (Batch, error) {
	now := s.account.Clock.Now()
	sh, err := st.find(now, shardID)
	if err != nil {
		return Batch{}, err
	}
	place := from.place
	if place == 0 {
		if place, err = sh.find(now, from); err != nil {
			return Batch{}, err
		}
	}
	f, err := sh.read(now, place, min(limit, maxReadRecords), consumer)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{End: f.end, More: f.more}
	arrived := sh.created.Unix()
	if n := len(f.entries); n > 0 {
		b.Records = make([]Record, n)
		arrived = f.entries[n-1].arrived / 1000
	}
	for i, e := range f.entries {
		b.Records[i] = Record{f.number(sh, i), e.key, e.data, time.UnixMilli(e.arrived)}
	}
	b.Next = Position{Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: sh.sequenceAt(f.next-1, arrived).String(), place: f.next}
	return b, nil
}

// number is the sequence number of a record that was read.
func (f *found) number(s *shard, i int) string {
	return s.sequenceAt(f.place+uint64(i), f.entries[i].arrived/1000).String()
}

// Arrivals is closed when a record arrives after the call, or the shard is closed, or its stream goes; it is closed
// already for a shard that is. To miss nothing, ask for it before the read that finds nothing.
func (s *Service) Arrivals(streamARN, shardID string) <-chan struct{} {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return alreadyClosed
	}
	sh, err := st.find(s.account.Clock.Now(), shardID)
	if err != nil {
		return alreadyClosed
	}
	return sh.arrives()
}

var alreadyClosed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// consumerAt finds a consumer by its ARN: STREAM-ARN/consumer/NAME:SECONDS.
func (s *Service) consumerAt(arn string) (*stream, *consumer, error) {
	streamARN, rest, _ := strings.Cut(arn, "/consumer/")
	name, _, _ := strings.Cut(rest, ":")
	st, err := s.streamAt(streamARN)
	if err != nil {
		return nil, nil, err
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	if c := st.consumers[name]; c != nil && c.arn == arn {
		return st, c, nil
	}
	return nil, nil, errNoConsumer(arn)
}
