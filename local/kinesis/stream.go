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
	args      atomic.Pointer[StreamArgs] // with defaults

	mu        sync.RWMutex
	gone      bool
	consumers map[string]*consumer
	shards    []*shard // those that have not expired, by number; the slice is replaced, never changed
	open      []*shard // by hash key; together they cover all hash keys
	number    uint32   // of the next shard
}

func newStream(in *StreamArgs, now time.Time) *stream {
	st := &stream{name: *in.Name, arn: StreamARN(*in.Name), created: now, consumers: map[string]*consumer{}}
	st.args.Store(in.withDefaults())
	shards := onDemandShards
	if st.mode() == provisioned {
		shards = *in.ShardCount
	}
	for i := range shards {
		to := maxHash
		if i+1 < shards {
			to = share(i+1, shards).plus(-1)
		}
		st.open = append(st.open, st.add(now, share(i, shards), to))
	}
	return st
}

func (st *stream) mode() string { return st.args.Load().Mode.StreamMode }

func (st *stream) encryption() string { return *st.args.Load().EncryptionType }

func (st *stream) retention() time.Duration {
	return time.Duration(*st.args.Load().RetentionPeriod) * time.Hour
}

// put appends a record to the shard of its hash key. It holds the stream's lock, so that the shard is not closed
// meanwhile.
func (st *stream) put(now time.Time, h hash, key string, data []byte) (*shard, sequence, error) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	if st.gone {
		return nil, sequence{}, errNoStream(st.name)
	}
	s := st.open[st.at(h)]
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

// locate returns the shard with this id, and the place of a position in it.
func (st *stream) locate(now time.Time, id string, p Position) (*shard, uint64, error) {
	s, err := st.find(now, id)
	if err != nil {
		return nil, 0, err
	}
	place, err := s.find(now, p)
	return s, place, err
}

const maxConsumers = 20

// consumerPart is between a stream's ARN and the rest of a consumer's.
const consumerPart = "/consumer/"

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
	c := &consumer{st, name, fmt.Sprintf("%s%s%s:%d", st.arn, consumerPart, name, now.Unix()), now}
	st.consumers[name] = c
	return c, nil
}

// consumerAt finds a consumer by its ARN: STREAM-ARN/consumer/NAME:SECONDS.
func (s *Service) consumerAt(arn string) (*consumer, error) {
	streamARN, rest, _ := strings.Cut(arn, consumerPart)
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
