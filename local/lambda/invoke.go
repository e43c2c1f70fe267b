package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// invoke is one invocation on its way through an environment. The caller waits for done; whoever has the invocation
// in hand is the only one who writes to it.
type invoke struct {
	event
	trace    traceContext
	tail     *tail // what it logs, if the caller asked for that
	reserved bool  // counts against the function's own concurrency

	accepted time.Time
	begun    time.Time // when an environment took it
	deadline time.Time // by the machine's clock
	duration time.Duration
	initTime time.Duration // 0 unless the environment was started for it
	memory   int           // MB

	response  []byte
	failed    bool
	responded bool
	timedOut  bool
	status    string // of a failure that the function did not report: "timeout" or "error"
	errorType string
	err       error // instead of a response: the API call fails

	done chan struct{}
}

// failWith makes the response an error that Lambda found, not the function.
func (inv *invoke) failWith(b errorBody) {
	if b.Type != "Function.ResponseSizeTooLarge" {
		b.Message = "RequestId: " + inv.id + " " + b.Message
	}
	inv.response, _ = json.Marshal(b) // two strings
	inv.failed, inv.errorType = true, b.Type
	if inv.status == "" {
		inv.status = "error"
	}
}

func (inv *invoke) result() Result {
	r := Result{Payload: inv.response, RequestID: inv.id, ExecutedVersion: latest}
	if inv.failed {
		r.FunctionError = Unhandled
	}
	return r
}

// Invoke calls a function and waits for its answer. It authorizes lambda:InvokeFunction with the function's resource
// policy. The error is a *policy.DeniedError, a *wire.Error as AWS gives it, or that of ctx: the function then runs on,
// as on AWS. A function that fails is no error: see Result.FunctionError.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) Invoke(ctx context.Context, in Invocation) (Result, error) {
	ref, err := parseReference(in.Function, "")
	if err != nil {
		return Result{}, err
	}
	f := s.function(ref.name)
	request := policy.Request{Principal: in.Principal, Action: "lambda:InvokeFunction", Resource: ref.arn, Keys: in.Keys}
	if f != nil {
		request.ResourcePolicy = f.document()
	}
	if err := s.account.Authorize(ctx, request); err != nil {
		return Result{}, err
	}
	inv, err := s.submit(f, event{id: uuid.NewString(), arn: ref.arn, payload: in.Payload, limit: maxSyncPayload, trace: in.TraceHeader})
	if err != nil {
		return Result{}, err
	}
	if err := inv.wait(ctx); err != nil {
		return Result{}, err
	}
	if s.account.Faults.Active() {
		err = s.account.Faults.After(ctx, fault.Event{Action: request.Action, Resource: ref.arn, Principal: in.Principal.String()})
	}
	return inv.result(), err
}

// event is what an authorized caller wants a function to handle.
type event struct {
	id, arn       string // the request's, and the function's as the caller named it
	payload       []byte
	limit         int    // of the payload's size
	trace         string // the caller's header
	clientContext string
	tail          bool
}

// submit hands an event to the function's pool, unless there is no concurrency left. f is nil if there is no function.
func (s *Service) submit(f *function, ev event) (*invoke, error) {
	if err := checkEvent(ev.payload, ev.limit); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, functionNotFound(ev.arn)
	}
	if len(ev.payload) == 0 {
		ev.payload = []byte("{}")
	}
	inv := &invoke{event: ev, accepted: s.account.Clock.Now(), done: make(chan struct{})}
	rev := f.current.Load()
	if err := s.admit(f, rev, inv); err != nil {
		f.throttles.Add(1)
		return nil, err
	}
	inv.trace = s.newTrace(rev, ev.trace)
	if ev.tail {
		inv.tail = &tail{}
	}
	rev.pool.submit(inv)
	return inv, nil
}

func checkEvent(payload []byte, limit int) error {
	if len(payload) > limit {
		return wire.Errorf(http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			"Request must be smaller than %d bytes for the InvokeFunction operation", limit)
	}
	if len(bytes.TrimSpace(payload)) > 0 && !json.Valid(payload) {
		return wire.Errorf(http.StatusBadRequest, "InvalidRequestContentException",
			"Could not parse request body into json: the payload is not valid JSON")
	}
	return nil
}

// admit takes one unit of concurrency, the function's own if it has some reserved. complete gives it back.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
func (s *Service) admit(f *function, rev *revision, inv *invoke) error {
	n := f.inflight.Add(1)
	if limit := rev.config.reserved; limit >= 0 {
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

// complete answers the caller of an invocation.
func (s *Service) complete(f *function, inv *invoke) {
	f.inflight.Add(-1)
	if !inv.reserved {
		s.unreserved.Add(-1)
	}
	f.invocations.Add(1)
	if inv.failed || inv.err != nil {
		f.errors.Add(1)
	}
	close(inv.done)
}

// refuse answers an invocation for which there is no function any more.
func (s *Service) refuse(rev *revision, inv *invoke) {
	inv.err = functionNotFound(inv.arn)
	s.complete(rev.fn, inv)
}

// failInit answers an invocation for which no environment came up.
func (s *Service) failInit(rev *revision, inv *invoke, failure *initFailure) {
	if inv.err = failure.err; inv.err == nil {
		inv.failWith(failure.body)
	}
	s.complete(rev.fn, inv)
}

func (inv *invoke) wait(ctx context.Context) error {
	select {
	case <-inv.done:
		return inv.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
