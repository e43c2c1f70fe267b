package logs

import (
	"context"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
)

// lineDelay is the time from the first line of a batch to its delivery.
const lineDelay = time.Second

// Destination is where the lines of an API or a state machine go.
type Destination struct {
	Group, Stream string
	// Writer returns who writes the lines.
	Writer func() (policy.Principal, error)
}

// Line is an event on its way to its destination.
type Line struct {
	To *Destination
	Event
}

// Lines returns a buffer that puts lines into their streams. As on AWS, lines that cannot be written are lost: the cloud's own log
// says so.
func (s *Service) Lines() *Buffer[Line] { return NewBuffer(s.account.Clock, lineDelay, s.putLines) }

// putLines serves the destinations in the order in which they got their first line.
func (s *Service) putLines(lines []Line) {
	var order []*Destination
	batches := map[*Destination][]Event{}
	for _, l := range lines {
		if batches[l.To] == nil {
			order = append(order, l.To)
		}
		batches[l.To] = append(batches[l.To], l.Event)
	}
	for _, to := range order {
		p, err := to.Writer()
		if err == nil {
			err = s.Put(context.Background(), p, to.Group, to.Stream, batches[to])
		}
		if err != nil {
			s.account.Log.Warn("lines of a log are lost", "group", to.Group, "stream", to.Stream, "lines", len(batches[to]), "error", err)
		}
	}
}
