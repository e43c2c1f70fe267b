package lambda

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// How Lambda delivers events: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	maxEventAge    = 6 * time.Hour
	maxRetryDelay  = 5 * time.Minute
	startingDelay  = time.Second
	defaultRetries = 2
)

// retryDelays are the waits before the second and the third attempt of an event that the function failed with.
var retryDelays = [defaultRetries]time.Duration{time.Minute, 2 * time.Minute}

// Conditions under which the queue of events is done with one, as the records of
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html name them.
const (
	conditionSuccess = "Success"
	retriesExhausted = "RetriesExhausted"
	eventAgeExceeded = "EventAgeExceeded"
	zeroReserved     = "ZeroReservedConcurrency"
)

// asyncEvent is an event on its way from the queue to the function. Its attempts have one request id and belong to one
// trace. What the function's settings say at a moment counts for it then, not what they said when it was queued.
type asyncEvent struct {
	event
	s        *Service
	f        *function
	queued   time.Time
	backoff  time.Duration // before the next attempt, if this one is throttled
	attempts int           // that the function answered, throttled ones are none
	last     answer
}

// answer is what came of the last attempt.
type answer struct {
	status  int // 0 before the first attempt, 200 if the function ran, else that of the refusal
	failed  bool
	payload []byte // nil if the function did not run
}

// AsyncDelivery is the disorder that a test asks of a function's asynchronous invocations, within what AWS may do at
// any time. The zero value is none.
type AsyncDelivery struct {
	// Twice delivers every event once more, with the same request id, after the queue was done with it: as if another
	// server of AWS did not know that. The copy has attempts, an age and a record of its own.
	Twice bool
}

// SetAsyncDelivery asks a disorder of the events that are queued from now on for the function with this name, which
// need not exist yet.
func (s *Service) SetAsyncDelivery(functionName string, d AsyncDelivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries[functionName] = d
}

// queueEvent delivers an authorized event until the function takes it, its attempts are used up or it is too old. When
// the service closes, events that wait are gone, as all that it holds. When the function is deleted, they are discarded:
// AWS does not say what becomes of them.
func (s *Service) queueEvent(f *function, ev event) {
	if !s.begin() {
		return
	}
	s.mu.RLock()
	times := 1
	if s.deliveries[f.name].Twice {
		times = 2
	}
	s.mu.RUnlock()
	if len(bytes.TrimSpace(ev.payload)) == 0 {
		ev.payload = []byte("{}")
	}
	go func() {
		defer s.background.Done()
		for range times {
			e := asyncEvent{event: ev, s: s, f: f, queued: s.account.Clock.Now(), backoff: startingDelay}
			e.deliver()
		}
	}()
}

func (e *asyncEvent) deliver() {
	for e.s.ctx.Err() == nil {
		wait, condition, err := e.attempt()
		switch {
		case e.s.ctx.Err() != nil:
		case err != nil:
			e.discarded(err.Error())
			return
		case condition != "":
			e.end(condition)
			return
		default:
			e.s.sleep(wait)
		}
	}
}

// attempt has the function handle the event. It tells how long to wait before the next attempt, or under which condition
// there is none, or the error that makes attempts pointless.
func (e *asyncEvent) attempt() (wait time.Duration, condition string, err error) {
	if e.exhausted() { // if fewer retries are allowed than when this one was planned
		return 0, retriesExhausted, nil
	}
	if !e.s.account.Clock.Now().Before(e.expires()) {
		return 0, eventAgeExceeded, nil
	}
	inv, err := e.invoke()
	if err != nil {
		return e.refused(err)
	}
	e.attempts++
	e.backoff = startingDelay
	e.last = answer{http.StatusOK, inv.failed, inv.response}
	if !inv.failed {
		return 0, conditionSuccess, nil
	}
	if e.s.function(e.f.name) != e.f { // deleted, which failed what it was running
		return 0, "", functionNotFound(e.f.arn())
	}
	if e.exhausted() {
		return 0, retriesExhausted, nil
	}
	wait = retryDelays[e.attempts-1]
	// AWS does not wait for an attempt that would come too late.
	if !e.s.account.Clock.Now().Add(wait).Before(e.expires()) {
		return 0, eventAgeExceeded, nil
	}
	return wait, "", nil
}

func (e *asyncEvent) exhausted() bool { return e.attempts > e.f.eventSettings().retries }

func (e *asyncEvent) expires() time.Time { return e.queued.Add(e.f.eventSettings().age) }

func (e *asyncEvent) invoke() (*invoke, error) {
	// Lambda needs no permission to empty its own queue, but a test may have asked for a fault.
	ev := fault.Event{Action: "lambda:InvokeFunction", Resource: e.f.arn(), Principal: servicePrincipal}
	if err := e.s.account.Faults.Before(e.s.ctx, ev); err != nil {
		return nil, err
	}
	inv, err := e.s.submit(e.f, e.event)
	if err != nil {
		return nil, err
	}
	e.trace = inv.trace.header
	if err := inv.wait(e.s.ctx); err != nil {
		return nil, err
	}
	return inv, e.s.account.Faults.After(e.s.ctx, ev)
}

// refused decides about an event that the function could not be given. One that is throttled, or met a failure of
// Lambda, stays in the queue for its whole age. A function without any concurrency gets no attempt more.
func (e *asyncEvent) refused(err error) (time.Duration, string, error) {
	status := http.StatusInternalServerError
	var refused *wire.Error
	if errors.As(err, &refused) {
		status = refused.Status
	}
	switch {
	case status == http.StatusTooManyRequests && e.f.current.Load().config.reserved == 0:
		return 0, zeroReserved, nil
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		e.last = answer{status: status}
		wait := min(e.backoff, e.expires().Sub(e.s.account.Clock.Now()))
		e.backoff = min(2*e.backoff, maxRetryDelay)
		return wait, "", nil
	}
	return 0, "", err
}

// sleep waits by the account's clock, or until the service closes.
func (s *Service) sleep(d time.Duration) {
	select {
	case <-s.account.Clock.After(d):
	case <-s.ctx.Done():
	}
}

// discarded tells that nobody will see an event any more, as on AWS a metric would.
func (e *asyncEvent) discarded(why string) {
	e.s.account.Log.Warn("an event is discarded", "function", e.f.name, "request", e.id, "condition", why)
}
