package sqs

import "time"

// message is one message in a queue.
type message struct {
	Message
	id            string
	md5, md5Attrs string
	sender        string
	source        string // ARN of the queue that it came from, in a dead-letter queue

	sent, firstReceived, received time.Time
	receives                      int    // over all queues
	receivesHere                  int    // in this queue, for its redrive policy
	seq                           uint64 // number within this queue
	receipt                       uint32 // number of the latest receipt handle
	redelivered                   bool   // Delivery.Twice has handed it out again

	state      state
	visibleAt  time.Time // when delayed or in flight
	due        time.Time // when something happens: visible, or retention over
	place      int       // in the schedule
	next, prev *message  // in the line, when ready
}

type state byte

const (
	ready    state = iota // can be received
	delayed               // was sent, cannot be received yet
	inFlight              // was received
	states
)

// schedule is a heap of all messages by when something happens to them. It implements heap.Interface.
type schedule []*message

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if c := s[i].due.Compare(s[j].due); c != 0 {
		return c < 0
	}
	return s[i].seq < s[j].seq // messages that become visible together stay in order
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

// line is the list of ready messages, linked through themselves so that any can leave it at no cost.
type line struct{ first, last *message }

func (l *line) append(m *message) {
	m.prev, m.next = l.last, nil
	if l.last == nil {
		l.first = m
	} else {
		l.last.next = m
	}
	l.last = m
}

func (l *line) remove(m *message) {
	if m.prev == nil {
		l.first = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		l.last = m.prev
	} else {
		m.next.prev = m.prev
	}
	m.prev, m.next = nil, nil
}
