package load

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Run places a number of orders, each with its own request. In is an order, Out the API's answer.
type Run[In, Out any] struct {
	// Count is the number of orders, AtOnce the number of concurrent requests. Both are at least 1.
	Count, AtOnce int
	// Next generates an order. Calls do not overlap.
	Next func() In
	// Place sends an order. It is called concurrently.
	Place func(context.Context, In) (Out, error)
	// Want is the HTTP status of the answer if Place returns no error.
	Want int
	// Accepted is called at once with each accepted order. Calls do not overlap. An error stops the run. Optional.
	Accepted func(Out) error
	// Answered is called after each answer. Calls do not overlap. Optional.
	Answered func()
}

// Do places each order once. It does not retry. If ctx ends or Accepted fails, no more orders are sent; Do then returns the answers so far
// with an error that gives the reason.
func (r Run[In, Out]) Do(ctx context.Context) (*Answers, error) {
	var (
		mu      sync.Mutex // guards what follows, and the calls of Next, Accepted and Answered
		answers = NewAnswers(r.Want)
		left    = r.Count
		stopped error // the reason why no more orders are sent
	)
	next := func() (o In, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if stopped == nil && left > 0 && ctx.Err() != nil {
			stopped = fmt.Errorf("stopped with %d orders not sent", left)
		}
		if stopped != nil || left == 0 {
			return o, false
		}
		left--
		return r.Next(), true
	}
	record := func(took time.Duration, placed Out, err error) {
		mu.Lock()
		defer mu.Unlock()
		answers.Record(took, err)
		if r.Answered != nil {
			r.Answered()
		}
		if err == nil && r.Accepted != nil {
			if err := r.Accepted(placed); err != nil && stopped == nil {
				stopped = err
			}
		}
	}
	var workers sync.WaitGroup
	for range r.AtOnce {
		workers.Go(func() {
			for o, ok := next(); ok; o, ok = next() {
				start := time.Now()
				placed, err := r.Place(ctx, o)
				record(time.Since(start), placed, err)
			}
		})
	}
	workers.Wait()
	return answers, stopped
}
