package load

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Run is a number of orders to place, each with a request of its own. In is an order, Out what the API made of it.
type Run[In, Out any] struct {
	// Count is how many orders to place, AtOnce how many at a time. Both at least 1.
	Count, AtOnce int
	// Next makes an order, one call at a time.
	Next func() In
	// Place sends it, several at once.
	Place func(context.Context, In) (Out, error)
	// Want is the HTTP status of the answer if Place gives no error.
	Want int
	// Accepted is told of each accepted order at once, one call at a time. An error ends the run. Nil for nobody.
	Accepted func(Out) error
	// Answered is called after each answer, several at once. Nil for nobody.
	Answered func()
}

// Do places the orders, each once: whatever the answer, it is counted and the order not placed again. If ctx ends or
// Accepted fails, what was sent until then is counted, and the error says why the rest was not.
func (r Run[In, Out]) Do(ctx context.Context) (*Answers, error) {
	state := &running[In, Out]{Run: r, left: r.Count}
	counts := make([]*Answers, r.AtOnce)
	var all sync.WaitGroup
	for i := range counts {
		counts[i] = NewAnswers(r.Want)
		all.Go(func() {
			for o, ok := state.take(ctx); ok; o, ok = state.take(ctx) {
				state.place(ctx, o, counts[i])
			}
		})
	}
	all.Wait()
	total := NewAnswers(r.Want)
	for _, c := range counts {
		total.Add(c)
	}
	return total, state.stopped
}

// running is a run that is under way.
type running[In, Out any] struct {
	Run[In, Out]

	mu      sync.Mutex // also of Next and Accepted
	left    int
	stopped error // why no more orders are sent
}

// take gives the next order to send, until there are none left or the run is stopped.
func (r *running[In, Out]) take(ctx context.Context) (next In, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil && ctx.Err() != nil && r.left > 0 {
		r.stopped = fmt.Errorf("stopped with %d orders not sent", r.left)
	}
	if r.left == 0 || r.stopped != nil {
		return next, false
	}
	r.left--
	return r.Next(), true
}

func (r *running[In, Out]) place(ctx context.Context, o In, count *Answers) {
	start := time.Now()
	placed, err := r.Place(ctx, o)
	count.Record(time.Since(start), err)
	if r.Answered != nil {
		r.Answered()
	}
	if err != nil || r.Accepted == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.Accepted(placed); err != nil && r.stopped == nil {
		r.stopped = err
	}
}
