package kinesis

import (
	"fmt"
	"sort"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of a shard and of one call.
//
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const (
	maxRecord      = 1 << 20 // bytes of a record's data and partition key
	writeRecords   = 1000    // per second
	writeBytes     = 1 << 20 // per second
	maxReadRecords = 10_000  // of one GetRecords
	maxReadBytes   = 10 << 20
)

// entry is a stored record. Its sequence number follows from its place.
type entry struct {
	key     string
	data    []byte
	arrived int64 // milliseconds since 1970; never decreases within a shard
}

// shard is one shard of a stream, with its records in the order of arrival. A place is the index of a record, from 1.
type shard struct {
	stream   *stream
	id       string
	number   uint32
	from, to hash
	parent   string
	adjacent string    // the other parent, of a merge
	epoch    int64     // of its sequence numbers
	closed   time.Time // zero while it is open; written with the locks of both stream and shard
	mu       sync.Mutex
	entries  []entry
	first    uint64 // the place of entries[0], or of the next record if there is none
	arrival  chan struct{}
	writes   *rate.Limiter // of records
	written  *rate.Limiter // of bytes
}

func shardID(number uint32) string { return fmt.Sprintf("shardId-%012d", number) }

func (s *shard) open() bool { return s.closed.IsZero() }

// closedAt is the time when the shard was closed; zero while it is open.
func (s *shard) closedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *shard) sequenceAt(place uint64) sequence {
	return sequence{epoch: s.epoch, place: place, shard: s.number}
}

func (s *shard) next() uint64 { return s.first + uint64(len(s.entries)) }

func (s *shard) put(now time.Time, key string, data []byte) (sequence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := len(key) + len(data)
	// A record that is too large now must not count as one.
	if s.written.TokensAt(now) < float64(size) || !s.writes.AllowN(now, 1) || !s.written.AllowN(now, size) {
		return sequence{}, Throttled(s.stream.name, s.id)
	}
	s.trim(now)
	arrived := now.UnixMilli()
	if n := len(s.entries); n > 0 {
		arrived = max(arrived, s.entries[n-1].arrived)
	}
	place := s.next()
	s.entries = append(s.entries, entry{key, data, arrived})
	s.announce()
	return s.sequenceAt(place), nil
}

func (s *shard) announce() {
	if s.arrival != nil {
		close(s.arrival)
		s.arrival = nil
	}
}

func (s *shard) trim(now time.Time) {
	horizon := now.Add(-s.stream.retention()).UnixMilli()
	n := 0
	for n < len(s.entries) && s.entries[n].arrived <= horizon {
		n++
	}
	clear(s.entries[:n]) // so that the data can be garbage collected
	if s.entries = s.entries[n:]; len(s.entries) == 0 {
		s.entries = nil
	}
	s.first += uint64(n)
}

func (s *shard) expired(now time.Time) bool {
	return !s.open() && !now.Before(s.closed.Add(s.stream.retention()))
}

// find returns the place of a position.
func (s *shard) find(now time.Time, p Position) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(now)
	switch p.Type {
	case "TRIM_HORIZON":
		return s.first, nil
	case "LATEST":
		return s.next(), nil
	case "AT_TIMESTAMP":
		if p.Timestamp.UnixMilli() > now.UnixMilli() {
			return 0, invalid("The Timestamp %s is in the future.", p.Timestamp.UTC().Format(time.RFC3339Nano))
		}
		from := p.Timestamp.UnixMilli()
		n := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].arrived >= from })
		return s.first + uint64(n), nil
	}
	place, err := s.placeOf(p.SequenceNumber)
	if p.Type == "AFTER_SEQUENCE_NUMBER" {
		place++
	}
	return min(max(place, s.first), s.next()), err
}

func (s *shard) placeOf(number string) (uint64, error) {
	q, ok := parseSequence(number)
	switch {
	case !ok:
		return 0, invalid("StartingSequenceNumber %s is not a sequence number.", number)
	case q.shard != s.number:
		return 0, invalid("StartingSequenceNumber %s is of %s, not of %s.", number, shardID(q.shard), s.id)
	case q.epoch != s.epoch:
		return 0, invalid("StartingSequenceNumber %s did not come from the stream %s.", number, s.stream.name)
	}
	return q.place, nil
}

type found struct {
	entries []entry
	place   uint64 // of the first entry
	next    uint64 // where the next read continues
	end     bool   // the shard is closed and everything was read
	more    bool
	arrival <-chan struct{} // closed when there is more, or the shard is closed; nil if there is more now, or the end
}

// behind is MillisBehindLatest: the age of the last record that was read, 0 at the tip of the shard.
func (f *found) behind(now time.Time) int64 {
	if !f.more {
		return 0
	}
	return max(0, now.UnixMilli()-f.entries[len(f.entries)-1].arrived)
}

// read reads up to limit records and 10 MiB from a place on.
func (s *shard) read(now time.Time, place uint64, limit int) found {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(now)
	f := found{place: min(max(place, s.first), s.next())}
	rest := s.entries[f.place-s.first:]
	n, size := 0, 0
	for n < len(rest) && n < limit {
		more := len(rest[n].key) + len(rest[n].data)
		if n > 0 && size+more > maxReadBytes {
			break
		}
		n, size = n+1, size+more
	}
	f.entries = append(f.entries, rest[:n]...)
	f.next, f.more = f.place+uint64(n), n < len(rest)
	f.end = !f.more && !s.open()
	if !f.more && !f.end {
		if s.arrival == nil {
			s.arrival = make(chan struct{})
		}
		f.arrival = s.arrival
	}
	return f
}
