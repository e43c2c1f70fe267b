package sqs

import (
	"cmp"
	"container/list"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/tidwall/btree"

	"github.com/order-patterns/order-patterns/local/policy"
)

type queue struct {
	name, arn string
	service   *Service
	clock     clockwork.Clock
	// dimensions are those of its metrics.
	dimensions map[string]string
	nonce      uint64 // distinguishes its receipt handles from those of other queues
	created    time.Time
	settings   atomic.Pointer[settings]

	mu               sync.Mutex
	tags             map[string]string
	modified, purged time.Time
	deleted          bool
	delivery         Delivery
	random           *rand.Rand

	messages map[uint64]*message // by number
	lastSeq  uint64
	ready    *list.List              // of *message
	schedule *btree.BTreeG[*message] // all messages, by when they are due
	counts   [states]int
	waiters  []chan struct{} // one of each long poll, closed to wake it
	timer    clockwork.Timer
	timerAt  time.Time
}

func (s *Service) newQueue(name string, tags map[string]string) *queue {
	now := s.account.Clock.Now()
	q := &queue{
		name: name, arn: QueueARN(name), service: s, clock: s.account.Clock, nonce: rand.Uint64(),
		created: now, modified: now, tags: tags, dimensions: map[string]string{"QueueName": name},
	}
	q.clear()
	set := defaults
	q.settings.Store(&set)
	return q
}

func (q *queue) accessPolicy() *policy.Document {
	if q == nil {
		return nil
	}
	return q.settings.Load().policy
}

// add adds a message, which becomes visible at visibleAt. It returns false if the queue is deleted.
func (q *queue) add(m *message, visibleAt time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deleted {
		return false
	}
	now := q.clock.Now()
	q.lastSeq++
	m.seq, m.state, m.arrived = q.lastSeq, ready, now
	q.messages[m.seq] = m
	q.counts[ready]++
	m.element = q.ready.PushBack(m)
	q.plan(m)
	if visibleAt.After(now) {
		q.move(m, delayed, visibleAt)
	}
	q.notify(now)
	return true
}

// The methods below are for callers that hold the lock.

func (q *queue) expiry(m *message) time.Time {
	return m.sent.Add(time.Duration(q.settings.Load().retention) * time.Second)
}

// move changes a message's state. visibleAt is ignored if the message becomes ready.
func (q *queue) move(m *message, to state, visibleAt time.Time) {
	q.schedule.Delete(m) // its place depends on due
	q.counts[m.state]--
	if m.state == ready {
		q.ready.Remove(m.element)
	}
	m.state, m.visibleAt = to, visibleAt
	q.counts[to]++
	if to == ready {
		m.element = q.ready.PushBack(m)
	}
	q.plan(m)
}

// plan enters a message into the schedule.
func (q *queue) plan(m *message) {
	if m.due = q.expiry(m); m.state != ready && m.visibleAt.Before(m.due) {
		m.due = m.visibleAt
	}
	q.schedule.Set(m)
}

func (q *queue) remove(m *message) {
	q.counts[m.state]--
	if m.state == ready {
		q.ready.Remove(m.element)
	}
	q.schedule.Delete(m)
	delete(q.messages, m.seq)
}

func (q *queue) advance(now time.Time) {
	for m, ok := q.schedule.Min(); ok && !m.due.After(now); m, ok = q.schedule.Min() {
		if q.expiry(m).After(now) {
			q.move(m, ready, time.Time{})
		} else {
			q.remove(m)
		}
	}
}

// notify is called after every change. It wakes long polls for messages that are visible, and sets the timer for the next
// message that becomes visible.
func (q *queue) notify(now time.Time) {
	q.advance(now)
	if q.delivery.Hold {
		return
	}
	for n := min(q.counts[ready], len(q.waiters)); n > 0; n-- {
		close(q.waiters[0])
		q.waiters = q.waiters[1:]
	}
	first, ok := q.schedule.Min()
	if len(q.waiters) == 0 || !ok {
		return
	}
	if q.timer != nil {
		if !q.timerAt.After(first.due) {
			return
		}
		q.timer.Stop()
	}
	q.timerAt = first.due
	q.timer = q.clock.AfterFunc(first.due.Sub(now), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.timer = nil
		q.notify(q.clock.Now())
	})
}

func (q *queue) clear() {
	q.messages = map[uint64]*message{}
	q.schedule = btree.NewBTreeGOptions(before, btree.Options{NoLocks: true})
	q.ready, q.counts = list.New(), [states]int{}
}

// close ends the long polls of a queue that was deleted.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deleted = true
	q.clear()
	for _, w := range q.waiters {
		close(w)
	}
	q.waiters = nil
	if q.timer != nil {
		q.timer.Stop()
	}
}

type message struct {
	Message
	id            string
	md5, md5Attrs string
	sender        string
	source        string // ARN of the queue that it came from, in a dead-letter queue

	sent, firstReceived, received time.Time
	arrived                       time.Time // in this queue
	receives                      int       // over all queues
	receivesHere                  int       // in this queue, for its redrive policy
	seq                           uint64    // number within this queue
	receipt                       uint32    // number of the latest receipt handle
	redelivered                   bool      // by Delivery.Twice

	state     state
	visibleAt time.Time     // if delayed or in flight
	due       time.Time     // when it becomes visible, or its retention ends
	element   *list.Element // of the queue's list, if ready
}

type state byte

const (
	ready    state = iota // can be received
	delayed               // was sent, cannot be received yet
	inFlight              // was received
	states
)

// before orders messages by when they are due. Messages that become visible at the same time stay in order.
func before(a, b *message) bool {
	return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.seq, b.seq)) < 0
}
