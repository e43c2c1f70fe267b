package sqs

import (
	"container/list"
	"time"
)

// message is one message in a queue.
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
	place     int           // in the schedule
	element   *list.Element // of the queue's list, if ready
}

type state byte

const (
	ready    state = iota // can be received
	delayed               // was sent, cannot be received yet
	inFlight              // was received
	states
)

// schedule is a heap of all messages by when they are due. It implements heap.Interface.
type schedule []*message

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if c := s[i].due.Compare(s[j].due); c != 0 {
		return c < 0
	}
	return s[i].seq < s[j].seq // messages that become visible at the same time stay in order
}
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

// Push implements heap.Interface.
func (s *schedule) Push(x any) {
	m := x.(*message)
	m.place = len(*s)
	*s = append(*s, m)
}

// Pop implements heap.Interface.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	m := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return m
}
