package sqs

import (
	"math/rand/v2"
	"time"
)

// Delivery is the disorder that a test asks of a queue. A standard queue of AWS may deliver a message more than once, and
// in any order. The zero value delivers the oldest message first, and once.
type Delivery struct {
	// Twice delivers every message once more after it was deleted. Its receive count starts again, as if another server
	// of AWS had seen neither the receive nor the delete. So it does not count for the redrive policy.
	Twice bool
	// Chosen returns whether Twice is for a message that is being deleted. It must not call the service. Nil is for every message.
	Chosen func() bool
	// Reverse delivers the newest of the visible messages first.
	Reverse bool
	// Shuffle, if not 0, is the seed of a random order of the visible messages.
	Shuffle uint64
	// Hold keeps all messages from being received until it is set back to false.
	Hold bool
}

// SetDelivery sets the disorder of the queue with this ARN. The queue may be created later.
func (s *Service) SetDelivery(queueARN string, d Delivery) {
	s.mu.Lock()
	s.deliveries[queueARN] = d
	s.mu.Unlock()
	if q := s.findARN(queueARN); q != nil {
		q.setDelivery(d)
	}
}

func (q *queue) setDelivery(d Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.delivery = d
	q.random = rand.New(rand.NewPCG(d.Shuffle, 0))
	q.notify(q.clock.Now())
}

// pick returns the ready message that is received next. There must be one.
func (q *queue) pick() *message {
	e := q.ready.Front()
	chosen := e.Value.(*message)
	switch {
	case q.delivery.Reverse:
		for ; e != nil; e = e.Next() {
			if m := e.Value.(*message); m.seq > chosen.seq {
				chosen = m
			}
		}
	case q.delivery.Shuffle != 0:
		for n := q.random.IntN(q.counts[ready]); n > 0; n-- {
			e = e.Next()
		}
		chosen = e.Value.(*message)
	}
	return chosen
}

// redeliver makes a message that is being deleted visible again if Twice is set. It returns false the second time.
func (q *queue) redeliver(m *message) bool {
	if !q.delivery.Twice || m.redelivered || q.delivery.Chosen != nil && !q.delivery.Chosen() {
		return false
	}
	m.redelivered, m.receives, m.receivesHere, m.firstReceived = true, 0, 0, time.Time{}
	m.receipt++ // the receipt handle that deleted it is not valid any more
	q.move(m, ready, time.Time{})
	return true
}
