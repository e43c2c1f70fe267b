package sqs

import (
	"math/rand/v2"
	"time"
)

// Delivery is the disorder that a test asks of a queue, within what a standard queue may do at any time: deliver a
// message more than once, and in any order. The zero value is none: oldest first, once.
type Delivery struct {
	// Twice delivers every message once more after it was deleted. To the consumer the copy looks like the first
	// delivery, as if another server of AWS had neither seen the receive nor the delete: its receive count starts
	// again, so that redrive policies are not used up by it.
	Twice bool
	// Reverse delivers of the messages that are available together the newest first.
	Reverse bool
	// Shuffle, if not 0, is the seed by which messages that are available together are put in a random order.
	Shuffle uint64
	// Delay is added to the delay of each message that is sent from now on, and to the second delivery of Twice.
	Delay time.Duration
	// Hold keeps all messages from being received until it is taken back, so that they are available together.
	Hold bool
}

// SetDelivery asks a disorder of the queue with this ARN, now or as soon as it exists.
func (s *Service) SetDelivery(queueARN string, d Delivery) {
	s.mu.Lock()
	s.deliveries[queueARN] = d
	s.mu.Unlock()
	if q := s.findARN(queueARN); q != nil {
		q.deliver(d)
	}
}

func (q *queue) deliver(d Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.delivery = d
	q.random = rand.New(rand.NewPCG(d.Shuffle, 0))
	q.settle(q.clock.Now())
}

// pick chooses which of the ready messages, of which there is one at least, is received next.
func (q *queue) pick() *message {
	chosen := q.ready.first
	switch {
	case q.delivery.Reverse:
		for m := chosen; m != nil; m = m.next {
			if m.seq > chosen.seq {
				chosen = m
			}
		}
	case q.delivery.Shuffle != 0:
		for n := q.random.IntN(q.counts[ready]); n > 0; n-- {
			chosen = chosen.next
		}
	}
	return chosen
}

// redeliver makes a message that is being deleted available again, if Twice is on and has not yet done so.
func (q *queue) redeliver(m *message, now time.Time) bool {
	if !q.delivery.Twice || m.redelivered {
		return false
	}
	m.redelivered, m.receives, m.receivesHere, m.firstReceived = true, 0, 0, time.Time{}
	m.receipt++ // the handle that deleted the first copy does not delete the second
	if q.delivery.Delay > 0 {
		q.move(m, delayed, now.Add(q.delivery.Delay))
	} else {
		q.move(m, ready, time.Time{})
	}
	return true
}
