package kinesis

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

const (
	provisioned    = "PROVISIONED"
	onDemand       = "ON_DEMAND"
	onDemandShards = 4
	maxShards      = 10_000 // of a stream
	minRetention   = 24     // hours; the default, too
	maxRetention   = 8760
)

// stream is one data stream. A shard's lock is taken after the stream's.
type stream struct {
	name, arn string
	created   time.Time
	hours     atomic.Int64 // retention

	mu        sync.RWMutex
	gone      bool
	mode      string
	kmsKey    string // empty without encryption
	tags      map[string]string
	enforce   bool // may be deleted although it has consumers
	consumers map[string]*consumer
	shards    []*shard // those that have not expired, by number; the slice is replaced, never changed
	open      []*shard // by hash key; together they cover all hash keys
	number    uint32   // of the next shard
}

func newStream(name, mode string, shards int, now time.Time) *stream {
	st := &stream{name: name, arn: StreamARN(name), created: now, mode: mode, consumers: map[string]*consumer{}}
	st.hours.Store(minRetention)
	for i := range shards {
		to := maxHash
		if i+1 < shards {
			to = share(i+1, shards).minusOne()
		}
		st.open = append(st.open, st.add(now, share(i, shards), to))
	}
	return st
}

func (st *stream) retention() time.Duration { return time.Duration(st.hours.Load()) * time.Hour }

// put appends a record to the shard of its hash key. It holds the stream's lock, so that the shard is not closed
// meanwhile. check may be nil; its error refuses the record.
func (st *stream) put(now time.Time, h hash, key string, data []byte, check func(*shard) error) (*shard, sequence, error) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	if st.gone {
		return nil, sequence{}, errNoStream(st.name)
	}
	s := st.open[st.at(h)]
	if check != nil {
		if err := check(s); err != nil {
			return nil, sequence{}, err
		}
	}
	q, err := s.put(now, key, data)
	return s, q, err
}

func (st *stream) at(h hash) int {
	return sort.Search(len(st.open), func(i int) bool { return !st.open[i].to.less(h) })
}

// live returns the shards that have not expired, by number: parents before children.
func (st *stream) live(now time.Time) []*shard {
	gone := func(s *shard) bool { return s.expired(now) }
	st.mu.RLock()
	shards := st.shards
	expired := slices.ContainsFunc(shards, gone)
	st.mu.RUnlock()
	if !expired {
		return shards
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.shards = slices.DeleteFunc(slices.Clone(st.shards), gone)
	return st.shards
}

// find returns the shard with this id, unless it has expired.
func (st *stream) find(now time.Time, id string) (*shard, error) {
	shards := st.live(now)
	i := sort.Search(len(shards), func(i int) bool { return shards[i].id >= id })
	if i == len(shards) || shards[i].id != id {
		return nil, errNoShard(st.name, id)
	}
	return shards[i], nil
}

func (st *stream) close(now time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.gone = true
	for _, s := range st.open {
		s.close(now)
	}
}

func (st *stream) encryption() string {
	st.mu.RLock()
	defer st.mu.RUnlock()
	if st.kmsKey == "" {
		return "NONE"
	}
	return "KMS"
}

// setRetention changes the retention period. Expired records do not come back.
func (st *stream) setRetention(now time.Time, hours int) {
	for _, s := range st.live(now) {
		s.mu.Lock()
		s.trim(now)
		s.mu.Unlock()
	}
	st.hours.Store(int64(hours))
}

const maxConsumers = 20

type consumer struct {
	stream    *stream
	name, arn string
	created   time.Time
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`) // of streams and consumers

// register adds a consumer, which is ACTIVE at once.
func (st *stream) register(name string, now time.Time) (*consumer, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.gone:
		return nil, errNoStream(st.name)
	case st.consumers[name] != nil:
		return nil, refuse("ResourceInUseException", "Consumer %s of stream %s already exists.", name, st.name)
	case len(st.consumers) == maxConsumers:
		return nil, refuse("LimitExceededException", "Stream %s already has the maximum of %d consumers.", st.name, maxConsumers)
	}
	c := &consumer{st, name, fmt.Sprintf("%s/consumer/%s:%d", st.arn, name, now.Unix()), now}
	st.consumers[name] = c
	return c, nil
}

// consumerAt finds a consumer by its ARN: STREAM-ARN/consumer/NAME:SECONDS.
func (s *Service) consumerAt(arn string) (*consumer, error) {
	streamARN, rest, _ := strings.Cut(arn, "/consumer/")
	name, _, _ := strings.Cut(rest, ":")
	st, err := s.streamAt(streamARN)
	if err != nil {
		return nil, err
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	if c := st.consumers[name]; c != nil && c.arn == arn {
		return c, nil
	}
	return nil, refuse("ResourceNotFoundException", "Consumer %s under account %s not found.", arn, account.ID)
}
