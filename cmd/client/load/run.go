package load

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Run is a number of orders to place, each with a request of its own. In is an order, Out the API's answer to it.
type Run[In, Out any] struct {
	// Count is how many orders to place, AtOnce how many at a time. Both at least 1.
	Count, AtOnce int
	// Next makes an order, one call at a time.
	Next func() In
	// Place sends it, several at once.
	Place func(context.Context, In) (Out, error)
	// Want is the HTTP status of the answer if Place returns no error.
	Want int
	// Accepted is called with each accepted order at once, one call at a time. An error stops the run. Optional.
	Accepted func(Out) error
	// Answered is called after each answer, one call at a time. Optional.
	Answered func()
}

// Do places the orders, each once: an order is counted and not placed again, whatever the answer. If ctx ends or
// Accepted fails, no more orders are sent; the answers so far are returned with an error that says why.
func (r Run[In, Out]) Do(ctx context.Context) (*Answers, error) {
	var (
		mu      sync.Mutex // guards what follows, and the calls of Next, Accepted and Answered
		answers = NewAnswers(r.Want)
		left    = r.Count
		stopped error // why no more orders are sent
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
