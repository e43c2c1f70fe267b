package lambda

import (
	"errors"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// How Lambda delivers events: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	maxEventAge   = 6 * time.Hour
	maxRetryDelay = 5 * time.Minute
)

// retryDelays are the waits before the second and the third attempt of an event that the function failed with.
var retryDelays = []time.Duration{time.Minute, 2 * time.Minute}

// queueEvent delivers an authorized event until the function takes it, its attempts are used up or it is too old.
// There are no dead-letter queues or destinations here, so that an event which cannot be delivered is logged and lost,
// as on AWS without them.
func (s *Service) queueEvent(f *function, ev event) {
	if !s.begin() {
		return
	}
	go func() {
		defer s.background.Done()
		s.deliver(f, ev)
	}()
}

func (s *Service) deliver(f *function, ev event) {
	expires := s.account.Clock.Now().Add(maxEventAge)
	failures, backoff := 0, time.Second
	for {
		var wait time.Duration
		inv, err := s.submit(f, ev)
		if err == nil {
			ev.trace = inv.trace.header // attempts belong to one trace
			err = inv.wait(s.ctx)
		}
		var refused *wire.Error
		switch {
		case err == nil && !inv.failed:
			return
		case err == nil:
			if failures == len(retryDelays) {
				s.drop(f, "RetriesExhausted")
				return
			}
			wait = retryDelays[failures]
			failures++
		case errors.As(err, &refused) && (refused.Status == http.StatusTooManyRequests || refused.Status >= http.StatusInternalServerError):
			wait = backoff
			backoff = min(2*backoff, maxRetryDelay)
		default:
			s.drop(f, err.Error())
			return
		}
		if s.account.Clock.Now().Add(wait).After(expires) {
			s.drop(f, "EventAgeExceeded")
			return
		}
		select {
		case <-s.account.Clock.After(wait):
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Service) drop(f *function, why string) {
	if s.ctx.Err() == nil {
		s.account.Log.Warn("an event is discarded", "function", f.name, "condition", why)
	}
}
