package sqs

import (
	"container/heap"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/policy"
)

// maxInFlight is how many messages of a standard queue can be in flight.
const maxInFlight = 120_000

// queue keeps the messages of one queue.
type queue struct {
	name, arn string
	service   *Service
	clock     clockwork.Clock
	nonce     uint64 // tells its receipt handles from those of other queues
	created   time.Time
	settings  atomic.Pointer[settings]

	mu               sync.Mutex
	tags             map[string]string
	modified, purged time.Time
	deleted          bool
	delivery         Delivery
	random           *rand.Rand

	messages map[uint64]*message // by number
	lastSeq  uint64
	peak     int // most messages since there were none
	ready    line
	schedule schedule
	counts   [states]int
	waiters  []chan struct{} // long polls; each is closed to wake it
	timer    clockwork.Timer
	timerAt  time.Time
}

func (s *Service) newQueue(name string, set settings, tags map[string]string) *queue {
	now := s.account.Clock.Now()
	q := &queue{
		name: name, arn: QueueARN(name), service: s, clock: s.account.Clock, nonce: rand.Uint64(),
		created: now, modified: now, tags: tags, messages: map[uint64]*message{},
	}
	q.settings.Store(&set)
	return q
}

func (q *queue) accessPolicy() *policy.Document {
	if q == nil {
		return nil
	}
	return q.settings.Load().policy
}

// add puts a message into the queue, to be received from a point in time on. It reports false if the queue is deleted.
func (q *queue) add(m *message, visibleAt time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deleted {
		return false
	}
	q.lastSeq++
	m.seq, m.state = q.lastSeq, ready
	q.messages[m.seq] = m
	q.peak = max(q.peak, len(q.messages))
	q.counts[ready]++
	q.ready.append(m)
	m.due = q.expiry(m)
	heap.Push(&q.schedule, m)
	now := q.clock.Now()
	if visibleAt = visibleAt.Add(q.delivery.Delay); visibleAt.After(now) {
		q.move(m, delayed, visibleAt)
	}
	q.settle(now)
	return true
}

// The methods below are for callers that hold the lock.

func (q *queue) expiry(m *message) time.Time {
	return m.sent.Add(time.Duration(q.settings.Load().retention) * time.Second)
}

// move changes a message's state; visibleAt counts unless it becomes ready.
func (q *queue) move(m *message, to state, visibleAt time.Time) {
	q.counts[m.state]--
	if m.state == ready {
		q.ready.remove(m)
	}
	m.state, m.visibleAt = to, visibleAt
	q.counts[to]++
	m.due = q.expiry(m)
	if to == ready {
		q.ready.append(m)
	} else if visibleAt.Before(m.due) {
		m.due = visibleAt
	}
	heap.Fix(&q.schedule, m.place)
}

func (q *queue) remove(m *message) {
	q.counts[m.state]--
	if m.state == ready {
		q.ready.remove(m)
	}
	heap.Remove(&q.schedule, m.place)
	delete(q.messages, m.seq)
	// Maps and slices keep their size: let that of a burst go.
	if len(q.messages) == 0 && q.peak > 1024 {
		q.messages, q.schedule, q.peak = map[uint64]*message{}, nil, 0
	}
}

// advance lets happen what is due: messages become visible, or are gone.
func (q *queue) advance(now time.Time) {
	for len(q.schedule) > 0 && !q.schedule[0].due.After(now) {
		if m := q.schedule[0]; q.expiry(m).After(now) {
			q.move(m, ready, time.Time{})
		} else {
			q.remove(m)
		}
	}
}

// settle ends every change: long polls are woken for what can be received now, and by a timer for what can be later.
func (q *queue) settle(now time.Time) {
	q.advance(now)
	if q.delivery.Hold {
		return
	}
	for n := min(q.counts[ready], len(q.waiters)); n > 0; n-- {
		close(q.waiters[0])
		q.waiters = q.waiters[1:]
	}
	if len(q.waiters) == 0 || len(q.schedule) == 0 {
		return
	}
	due := q.schedule[0].due
	if q.timer != nil {
		if !q.timerAt.After(due) {
			return
		}
		q.timer.Stop()
	}
	q.timerAt = due
	q.timer = q.clock.AfterFunc(due.Sub(now), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.timer = nil
		q.settle(q.clock.Now())
	})
}

// take receives up to limit messages. Those whose receives are used up are returned apart: they belong into the
// dead-letter queue, which is returned too. If that queue is gone, they are delivered as before, and so not lost.
func (q *queue) take(limit int, visibility time.Duration, now time.Time) (got []Received, dead []*message, target *queue, err error) {
	q.advance(now)
	if q.delivery.Hold || q.counts[ready] == 0 {
		return nil, nil, nil, nil
	}
	set := q.settings.Load()
	if set.redrive != nil {
		target = q.service.findARN(set.redrive.Target)
	}
	if visibility < 0 {
		visibility = time.Duration(set.visibility) * time.Second
	}
	for len(got) < limit && q.counts[ready] > 0 {
		m := q.pick()
		if target != nil && m.receivesHere >= int(set.redrive.MaxReceiveCount) {
			q.remove(m)
			dead = append(dead, m)
			continue
		}
		if q.counts[inFlight] >= maxInFlight {
			if len(got) == 0 {
				err = refuse(http.StatusForbidden, "OverLimit", "", "Too many messages in flight for queue %s.", q.name)
			}
			break
		}
		m.receives++
		m.receivesHere++
		m.receipt++
		if m.received = now; m.firstReceived.IsZero() {
			m.firstReceived = now
		}
		q.move(m, inFlight, now.Add(visibility))
		got = append(got, q.received(m))
	}
	return got, dead, target, err
}

// bury moves messages to the dead-letter queue. They keep their identity and age. The caller holds no lock.
func (q *queue) bury(dead []*message, target *queue) {
	for _, m := range dead {
		m.source, m.receivesHere = q.arn, 0
		if !target.add(m, m.sent) {
			q.add(m, m.sent) // the target was deleted in this moment
		}
	}
}

// clear forgets all messages.
func (q *queue) clear() {
	q.messages, q.schedule, q.peak = map[uint64]*message{}, nil, 0
	q.ready, q.counts = line{}, [states]int{}
}

// close ends a queue that was deleted.
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
