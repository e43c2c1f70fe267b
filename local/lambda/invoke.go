package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// invoke is one invocation. The caller waits for done. Only the pool or the environment that currently has the invocation
// writes to it.
type invoke struct {
	event
	trace    traceContext
	reserved bool // counts against the function's own concurrency

	accepted time.Time
	begun    time.Time // when an environment got it
	deadline time.Time // by the machine's clock
	duration time.Duration
	initTime time.Duration // 0 unless the environment was started for it

	before, after *usage // of the process, with Lambda Insights

	response  []byte
	failed    bool
	responded bool
	timedOut  bool
	status    string // of a failure in the report; empty for "error"
	errorType string
	err       error // instead of a response: the API call fails

	done chan struct{}
}

// failWith sets the response to an error of Lambda, not of the function.
func (inv *invoke) failWith(b errorBody) {
	if b.Type != "Function.ResponseSizeTooLarge" {
		b.Message = "RequestId: " + inv.id + " " + b.Message
	}
	inv.response, _ = json.Marshal(b) // two strings
	inv.failed, inv.errorType = true, b.Type
}

func (inv *invoke) result() Result {
	r := Result{Payload: inv.response, RequestID: inv.id, ExecutedVersion: latest}
	if inv.failed {
		r.FunctionError = Unhandled
	}
	return r
}

type event struct {
	id, arn string // of the request, and of the function
	payload []byte
	trace   string // the caller's header
	links   []xray.Link
}

// invoke submits an event and waits for the answer until ctx ends. The invocation is nil if it was not accepted.
func (s *Service) invoke(ctx context.Context, f *function, ev event) (*invoke, error) {
	inv, err := s.submit(f, ev)
	if err != nil {
		return nil, err
	}
	select {
	case <-inv.done:
		return inv, inv.err
	case <-ctx.Done():
		return inv, ctx.Err()
	}
}

// submit gives an event to the function's pool, unless there is no concurrency left. f is nil if there is no such function.
func (s *Service) submit(f *function, ev event) (*invoke, error) {
	if err := ev.check(maxSyncPayload); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, notFound("Function not found: %s", ev.arn)
	}
	inv := &invoke{event: ev, accepted: s.account.Clock.Now(), done: make(chan struct{})}
	rev := f.current.Load()
	if err := s.admit(f, rev, inv); err != nil {
		f.throttles.Add(1)
		s.countThrottle(f.name, err)
		return nil, err
	}
	inv.trace = s.newTrace(rev, ev.trace)
	rev.pool.submit(inv)
	return inv, nil
}

// check refuses a payload that is too large or no JSON. An empty one becomes {}.
func (ev *event) check(limit int) error {
	if len(ev.payload) > limit {
		return wire.Errorf(http.StatusRequestEntityTooLarge, "RequestTooLargeException", "Request must be smaller than %d bytes", limit)
	}
	if len(bytes.TrimSpace(ev.payload)) == 0 {
		ev.payload = []byte("{}")
	}
	if !json.Valid(ev.payload) {
		return wire.Errorf(http.StatusBadRequest, "InvalidRequestContentException", "The payload is not valid JSON")
	}
	return nil
}

// admit takes one unit of concurrency: of the function if it has reserved concurrency, else of the account. complete gives
// it back.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
func (s *Service) admit(f *function, rev *revision, inv *invoke) error {
	n := f.inflight.Add(1)
	if limit := *rev.args.ReservedConcurrentExecutions; limit >= 0 {
		if inv.reserved = true; n > int64(limit) {
			f.inflight.Add(-1)
			return Throttled()
		}
		return nil
	}
	s.mu.RLock()
	limit := int64(accountConcurrency - s.reserved)
	s.mu.RUnlock()
	if s.unreserved.Add(1) > limit {
		f.inflight.Add(-1)
		s.unreserved.Add(-1)
		return throttled("ConcurrentInvocationLimitExceeded")
	}
	return nil
}

func (s *Service) complete(f *function, inv *invoke) {
	f.inflight.Add(-1)
	if !inv.reserved {
		s.unreserved.Add(-1)
	}
	f.invocations.Add(1)
	if inv.failed || inv.err != nil {
		f.errors.Add(1)
	}
	s.count(f, inv)
	close(inv.done)
}

func (s *Service) refuse(rev *revision, inv *invoke) {
	s.failInit(rev, inv, &initFailure{err: functionNotFound(rev.fn.name)})
}

func (s *Service) failInit(rev *revision, inv *invoke, failure *initFailure) {
	if inv.err = failure.err; inv.err == nil {
		inv.failWith(failure.body)
	}
	s.complete(rev.fn, inv)
}
