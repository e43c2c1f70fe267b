package kinesis

import (
	"context"
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
}

// Stream resolves the ARN of a stream or of a registered consumer to the ARN of the stream. ok is false if it does not
// exist.
func (s *Service) Stream(arn string) (streamARN string, consumer, ok bool) {
	if st, err := s.streamAt(arn); err == nil {
		return st.arn, false, true
	}
	if c, err := s.consumerAt(arn); err == nil {
		return c.stream.arn, true, true
	}
	return "", false, false
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
	now := s.account.Clock.Now()
	sh, err := st.find(now, shardID)
	if err != nil {
		return 0
	}
	place, err := sh.find(now, from)
	if err != nil {
		return 0
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return int(sh.next() - place)
}

// Read reads up to limit records and 10 MiB of a shard, as GetShardIterator and GetRecords do, which it authorizes. An expired shard
// is a *wire.Error with the code ResourceNotFoundException.
func (s *Service) Read(ctx context.Context, p policy.Principal, streamARN, shardID string, from Position, limit int) (Batch, error) {
	if err := s.allow(ctx, p, "kinesis:GetShardIterator", streamARN); err != nil {
		return Batch{}, err
	}
	return s.readAs(ctx, p, "kinesis:GetRecords", streamARN, func() (Batch, error) {
		st, err := s.streamAt(streamARN)
		if err == nil {
			err = s.useKey(ctx, p, "kinesis:GetRecords", st)
		}
		if err != nil {
			return Batch{}, err
		}
		return s.read(st, false, shardID, from, limit)
	})
}

// ReadConsumer is Read with enhanced fan-out: it authorizes kinesis:SubscribeToShard on the consumer.
func (s *Service) ReadConsumer(ctx context.Context, p policy.Principal, consumerARN, shardID string, from Position, limit int) (Batch, error) {
	return s.readAs(ctx, p, "kinesis:SubscribeToShard", consumerARN, func() (Batch, error) {
		c, err := s.consumerAt(consumerARN)
		if err == nil {
			err = s.useKey(ctx, p, "kinesis:SubscribeToShard", c.stream)
		}
		if err != nil {
			return Batch{}, err
		}
		return s.read(c.stream, true, shardID, from, limit)
	})
}

// readAs authorizes an action and reads, with the faults that are injected before and after.
func (s *Service) readAs(ctx context.Context, p policy.Principal, action, arn string, read func() (Batch, error)) (Batch, error) {
	if err := s.allow(ctx, p, action, arn); err != nil {
		return Batch{}, err
	}
	b, err := read()
	if err == nil {
		err = s.account.After(ctx, p, action, arn)
	}
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}

func (s *Service) read(st *stream, consumer bool, shardID string, from Position, limit int) (Batch, error) {
	now := s.account.Clock.Now()
	sh, err := st.find(now, shardID)
	if err != nil {
		return Batch{}, err
	}
	place, err := sh.find(now, from)
	if err != nil {
		return Batch{}, err
	}
	f := sh.read(now, place, min(limit, maxReadRecords))
	if !consumer { // enhanced fan-out has other metrics
		s.countRead(st.name, &f, now)
	}
	b := Batch{End: f.end, More: f.more}
	for i, e := range f.entries {
		b.Records = append(b.Records, Record{f.number(sh, i), e.key, e.data, time.UnixMilli(e.arrived)})
	}
	b.Next = Position{Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: sh.sequenceAt(f.next - 1).String()}
	return b, nil
}

func (f *found) number(s *shard, i int) string { return s.sequenceAt(f.place + uint64(i)).String() }

// Arrivals returns a channel that is closed when a record arrives after the call, the shard closes or the stream is
// deleted. For a closed shard it is closed already. To miss no record, call it before the read that finds none.
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
