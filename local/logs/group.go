package logs

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"
)

// group is a log group. Its events are in the order of arrival, in which they are evicted too.
type group struct {
	name    string
	created int64 // milliseconds since 1970, like all times here

	mu      sync.Mutex
	inputs  LogGroupArgs
	streams map[string]*stream
	events  []event
	bytes   int // of events, as CloudWatch Logs measures them
	next    int64
}

type stream struct {
	name                 string
	created              int64
	first, last, arrived int64 // of events; 0 if there are none
}

type event struct {
	stream      *stream
	at, arrived int64
	// id is unique, and orders events of the same time.
	id      int64
	message string
}

func (e *event) size() int { return len(e.message) + eventOverhead }

func (g *group) key() *string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inputs.KMSKey
}

func (g *group) stream(name string) *stream {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.streams[name]
}

// append adds events to a stream, which it creates if it is new, and removes the oldest events if there are too many.
func (g *group) append(name string, events []Event, now int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.streams[name]
	if s == nil {
		s = &stream{name: name, created: now}
		g.streams[name] = s
	}
	for _, in := range events {
		g.next++
		e := event{stream: s, at: in.Time.UnixMilli(), arrived: now, id: g.next, message: in.Message}
		if len(e.message) > maxEventBytes {
			e.message = e.message[:maxEventBytes]
		}
		if s.first == 0 || e.at < s.first {
			s.first = e.at
		}
		s.last, s.arrived = max(s.last, e.at), now
		g.bytes += e.size()
		g.events = append(g.events, e)
	}
	g.evict(now)
}

// evict removes the oldest events while there are too many, or while they are past retention. append moves the others to
// a new array at some time, so that removed events do not stay in memory.
func (g *group) evict(now int64) {
	n, oldest := 0, g.oldest(now)
	for n < len(g.events) && (g.bytes > maxGroupBytes || g.events[n].at < oldest) {
		e := &g.events[n]
		g.bytes -= e.size()
		*e = event{}
		n++
	}
	g.events = g.events[n:]
}

func (g *group) oldest(now int64) int64 {
	days := aws.ToInt(g.inputs.RetentionInDays)
	if days == 0 {
		return 0
	}
	return now - int64(days)*(24*time.Hour).Milliseconds()
}

func (g *group) find(now int64, match func(*event) bool) []event {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.evict(now)
	oldest := g.oldest(now)
	var found []event
	for i := range g.events {
		// An old event can arrive after younger ones, and is then not yet evicted.
		if e := &g.events[i]; e.at >= oldest && match(e) {
			found = append(found, *e)
		}
	}
	slices.SortStableFunc(found, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return found
}

// maxBatch is how many items a Buffer collects at most before it writes them.
const maxBatch = 1000

// Buffer collects what a service logs, and writes it in batches, in order: some time after the first item of a batch, or
// when the batch is full.
type Buffer[T any] struct {
	clock clockwork.Clock
	delay time.Duration
	write func([]T)

	writing sync.Mutex // held while a batch is written
	mu      sync.Mutex
	items   []T
	timer   clockwork.Timer
	closed  bool
}

// NewBuffer returns an empty buffer. write is called with one batch at a time, which is not empty.
func NewBuffer[T any](clock clockwork.Clock, delay time.Duration, write func([]T)) *Buffer[T] {
	return &Buffer[T]{clock: clock, delay: delay, write: write}
}

// Add adds an item to the current batch.
func (b *Buffer[T]) Add(item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.items = append(b.items, item)
	switch len(b.items) {
	case 1:
		b.timer = b.clock.AfterFunc(b.delay, b.Flush)
	case maxBatch:
		go b.Flush()
	}
}

// Flush writes the current batch now.
func (b *Buffer[T]) Flush() {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	items := b.items
	b.items = nil
	if b.timer != nil {
		b.timer.Stop()
	}
	b.mu.Unlock()
	if len(items) > 0 {
		b.write(items)
	}
}

// Close writes the current batch. Later items are ignored.
func (b *Buffer[T]) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.Flush()
}
