package kinesis

import (
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Position is where a read of a shard starts.
type Position struct {
	Type           string    // TRIM_HORIZON, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER
	Timestamp      time.Time // of AT_TIMESTAMP, not in the future
	SequenceNumber string    // of AT_ and AFTER_SEQUENCE_NUMBER
}

// Shard is one shard of a stream. The parents are empty if there are none, or they have expired.
type Shard struct {
	ID, ParentID, AdjacentParentID string
	Closed                         bool
}

// Record is one record of a shard. The data is shared: do not change it.
type Record struct {
	SequenceNumber, PartitionKey string
	Data                         []byte
	Arrived                      time.Time
}

// Batch is the result of one read.
type Batch struct {
	Records []Record
	// Next is where the next read continues: after the last record or, if there was none, at the resolved position.
	Next Position
	// End is set if the shard is closed and everything was read.
	End bool
	// More is set if there are more records now.
	More bool
	// Arrival is closed when a record has arrived after the read, or the shard was closed. Nil with End or More.
	Arrival <-chan struct{}
}

// Exists reports whether there is a stream, or a registered consumer, with this ARN.
func (s *Service) Exists(arn string) bool {
	_, _, err := s.resolve(arn)
	return err == nil
}

// resolve returns the stream of an ARN: its own, or that of a consumer.
func (s *Service) resolve(arn string) (st *stream, consumer bool, err error) {
	if !strings.Contains(arn, consumerPart) {
		st, err = s.streamAt(arn)
		return st, false, err
	}
	c, err := s.consumerAt(arn)
	if err != nil {
		return nil, true, err
	}
	return c.stream, true, nil
}

// Retention is the retention period of a stream; false if there is no such stream.
func (s *Service) Retention(streamARN string) (time.Duration, bool) {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return 0, false
	}
	return st.retention(), true
}

// Shards returns the stream's shards that have not expired, parents before children. The caller authorizes.
func (s *Service) Shards(streamARN string) ([]Shard, error) {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return nil, err
	}
	shards := st.live(s.account.Clock.Now())
	listed := map[string]bool{}
	list := make([]Shard, len(shards))
	for i, sh := range shards {
		listed[sh.id] = true
		list[i] = Shard{ID: sh.id, Closed: !sh.closedAt().IsZero()}
		if listed[sh.parent] {
			list[i].ParentID = sh.parent
		}
		if listed[sh.adjacent] {
			list[i].AdjacentParentID = sh.adjacent
		}
	}
	return list, nil
}

// Waiting returns how many records a shard has from a position on; 0 if it does not exist. The caller authorizes.
func (s *Service) Waiting(streamARN, shardID string, from Position) int {
	st, err := s.streamAt(streamARN)
	if err != nil {
		return 0
	}
	sh, place, err := st.locate(s.account.Clock.Now(), shardID, from)
	if err != nil {
		return 0
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return int(sh.next() - place)
}

// Read reads up to limit records and 10 MiB of a shard. With the ARN of a stream it authorizes and does what GetShardIterator and
// GetRecords do; with that of a consumer, what SubscribeToShard does. An expired shard is a *wire.Error with the code
// ResourceNotFoundException.
func (s *Service) Read(ctx context.Context, p policy.Principal, arn, shardID string, from Position, limit int) (Batch, error) {
	action := "kinesis:SubscribeToShard"
	if !strings.Contains(arn, consumerPart) {
		action = "kinesis:GetRecords"
		if err := s.allow(ctx, p, "kinesis:GetShardIterator", arn); err != nil {
			return Batch{}, err
		}
	}
	if err := s.allow(ctx, p, action, arn); err != nil {
		return Batch{}, err
	}
	st, consumer, err := s.resolve(arn)
	if err == nil {
		err = s.useKey(ctx, p, action, st)
	}
	if err != nil {
		return Batch{}, err
	}
	b, err := s.read(st, consumer, shardID, from, limit)
	if err == nil {
		err = s.account.After(ctx, p, action, arn)
	}
	if err != nil {
		return Batch{}, err // the answer is lost
	}
	return b, nil
}

func (s *Service) read(st *stream, consumer bool, shardID string, from Position, limit int) (Batch, error) {
	now := s.account.Clock.Now()
	sh, place, err := st.locate(now, shardID, from)
	if err != nil {
		return Batch{}, err
	}
	f := sh.read(now, place, min(limit, maxReadRecords))
	if !consumer { // enhanced fan-out has other metrics
		s.countRead(st.name, &f, now)
	}
	b := Batch{End: f.end, More: f.more, Arrival: f.arrival}
	for i, e := range f.entries {
		b.Records = append(b.Records, Record{f.number(sh, i), e.key, e.data, time.UnixMilli(e.arrived)})
	}
	b.Next = Position{Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: sh.sequenceAt(f.next - 1).String()}
	return b, nil
}

func (f *found) number(s *shard, i int) string { return s.sequenceAt(f.place + uint64(i)).String() }
