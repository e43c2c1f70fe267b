package lambda

import (
	"cmp"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
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

// Conditions of finished events, with their names in the records of
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
const (
	conditionSuccess = "Success"
	retriesExhausted = "RetriesExhausted"
	eventAgeExceeded = "EventAgeExceeded"
	zeroReserved     = "ZeroReservedConcurrency"
)

// asyncEvent is an event in the queue of asynchronous invocations. Its attempts have one request id and one trace. Each step
// uses the current settings of the function, not those of the time when it was queued.
type asyncEvent struct {
	event
	s        *Service
	f        *function
	queued   time.Time
	backoff  time.Duration // before the next attempt, if this one is throttled
	attempts int           // that the function answered; throttled attempts do not count
	last     answer
}

type answer struct {
	status  int // 0 before the first attempt, 200 if the function ran, else that of the refusal
	failed  bool
	payload []byte // nil if the function did not run
}

// queueEvent delivers an authorized event until the function succeeds, the attempts are exhausted or the event is too old.
// Events that wait are lost when the service closes, and discarded when the function is deleted.
func (s *Service) queueEvent(f *function, ev event) {
	if !s.begin() {
		return
	}
	go func() {
		defer s.background.Done()
		e := asyncEvent{event: ev, s: s, f: f, queued: s.account.Clock.Now(), backoff: startingDelay}
		e.deliver()
	}()
}

func (e *asyncEvent) deliver() {
	for e.s.ctx.Err() == nil {
		wait, condition, err := e.attempt()
		switch {
		case e.s.ctx.Err() != nil:
		case condition == conditionSuccess:
			return
		case condition != "" || err != nil:
			e.s.publish(e.f.name, account.Count("AsyncEventsDropped", 1)) // also if a destination gets the record
			if err != nil {
				e.discarded(err.Error())
			} else {
				e.drop(condition)
			}
			return
		default:
			e.s.sleep(e.s.ctx, wait)
		}
	}
}

// attempt invokes the function. It returns how long to wait before the next attempt, or the condition under which the event
// is finished, or the error that makes the queue discard it.
func (e *asyncEvent) attempt() (wait time.Duration, condition string, err error) {
	if e.exhausted() { // the allowed retries may have changed while the event waited
		return 0, retriesExhausted, nil
	}
	if !e.s.account.Clock.Now().Before(e.expires()) {
		return 0, eventAgeExceeded, nil
	}
	inv, err := e.s.invokeItself(e.f, e.event)
	if inv != nil {
		e.trace = inv.trace.incoming()
	}
	if err != nil {
		return e.refused(err)
	}
	e.attempts++
	e.backoff = startingDelay
	e.last = answer{http.StatusOK, inv.failed, inv.response}
	if !inv.failed {
		return 0, conditionSuccess, nil
	}
	if e.s.function(e.f.name) != e.f { // it was deleted, which made its invocations fail
		return 0, "", functionNotFound(e.f.name)
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

func (e *asyncEvent) exhausted() bool { return e.attempts > e.f.eventSettings().retries() }

func (e *asyncEvent) expires() time.Time { return e.queued.Add(e.f.eventSettings().maxAge()) }

// refused decides about an event after an invocation was refused. An event that was throttled, or met a failure of Lambda,
// stays in the queue until its maximum age. A function with a reserved concurrency of 0 gets no further attempt.
func (e *asyncEvent) refused(err error) (time.Duration, string, error) {
	status := cmp.Or(statusOf(err), http.StatusInternalServerError)
	switch {
	case status == http.StatusTooManyRequests && *e.f.current.Load().args.ReservedConcurrentExecutions == 0:
		return 0, zeroReserved, nil
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		e.last = answer{status: status}
		wait := min(e.backoff, e.expires().Sub(e.s.account.Clock.Now()))
		e.backoff = min(2*e.backoff, maxRetryDelay)
		return wait, "", nil
	}
	return 0, "", err
}

func (e *asyncEvent) discarded(why string) {
	e.s.account.Log.Warn("an event is discarded", "function", e.f.name, "request", e.id, "condition", why)
}
