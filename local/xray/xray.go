// Package xray is the embedded cloud's AWS X-Ray: it takes segment documents, from services inside and over the wire,
// and shows the traces that they make up.
//
// It holds the newest 2,000 traces, and no more than 500 KB of documents of each, as AWS does. Filter expressions are
// limited to service("name").
package xray

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxTraces = 2000
	// maxTraceBytes and maxDocument are quotas of https://docs.aws.amazon.com/general/latest/gr/xray.html
	maxTraceBytes = 500_000
	maxDocument   = 64 << 10
)

// Traces makes sampling decisions and records segments. *Service implements it.
type Traces interface {
	Sample(incoming string) Header
	Put(ctx context.Context, p policy.Principal, segments ...Segment) error
}

// Service keeps traces, and decides which requests are traced.
type Service struct {
	account *account.Account
	rest    wire.REST
	sampler sampler

	mu     sync.Mutex
	traces map[string]*trace
	ids    []string // of traces, in the order in which they came
}

type trace struct {
	id       string
	segments []Segment
	bytes    int
	exceeded bool // some documents were not kept
}

// New returns a service without traces.
func New(a *account.Account) *Service {
	s := &Service{account: a, traces: map[string]*trace{}}
	s.sampler.clock = a.Clock
	s.operations()
	return s
}

// Throttled is the error of an account that calls too often.
func Throttled() error {
	return wire.Errorf(http.StatusTooManyRequests, "ThrottledException", "Rate exceeded")
}

// Put records segments for a service that traces, such as Lambda in the name of a function's role. A role's session
// needs xray:PutTraceSegments and xray:PutTelemetryRecords; a service that acts by itself needs nothing.
//
// Call it for sampled requests only. The error is a *policy.DeniedError, or what an injected fault returns.
func (s *Service) Put(ctx context.Context, p policy.Principal, segments ...Segment) error {
	if p.Service == "" {
		for _, action := range []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"} {
			if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: "*"}); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	for _, segment := range segments {
		s.add(segment)
	}
	s.mu.Unlock()
	return s.account.Faults.After(ctx, fault.Event{Action: "xray:PutTraceSegments", Resource: "*", Principal: p.String()})
}

// add keeps a segment. One with the same id that came before was sent in progress: this one replaces it. The caller
// holds the lock.
func (s *Service) add(segment Segment) {
	t := s.traces[segment.TraceID]
	if t == nil {
		if len(s.ids) == maxTraces {
			delete(s.traces, s.ids[0])
			s.ids = s.ids[1:]
		}
		t = &trace{id: segment.TraceID}
		s.traces[t.id] = t
		s.ids = append(s.ids, t.id)
	}
	if t.bytes += segment.size(); t.bytes > maxTraceBytes {
		t.bytes -= segment.size()
		t.exceeded = true
		return
	}
	for i := range t.segments {
		if t.segments[i].ID == segment.ID {
			t.bytes -= t.segments[i].size()
			t.segments[i] = segment
			return
		}
	}
	t.segments = append(t.segments, segment)
}

// span is when the earliest segment began and the latest ended so far.
func (t *trace) span() (start, end time.Time) {
	for i := range t.segments {
		s := &t.segments[i]
		if start.IsZero() || s.Start.Before(start) {
			start = s.Start
		}
		if s.End.After(end) {
			end = s.End
		}
	}
	if end.Before(start) {
		end = start
	}
	return start, end
}
