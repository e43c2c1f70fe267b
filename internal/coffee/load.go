package coffee

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/handlers/order"
)

// Load is a number of orders to place.
type Load struct {
	Client    *Client
	Generator *Generator
	// Count is how many orders to place, AtOnce how many at a time. Both at least 1.
	Count, AtOnce int
	// Accepted is told of each accepted order at once, one call at a time. An error ends the run. Nil for nobody.
	Accepted func(o order.Order) error
	// Answered is called after each answer, several at once. Nil for nobody.
	Answered func()
}

// Run places the orders, each once: whatever the answer, it is counted and the order not sent again. If ctx ends or
// Accepted fails, what was sent until then is counted, and the error says why the rest was not.
func (l *Load) Run(ctx context.Context) (*Answers, error) {
	r := &running{Load: l, left: l.Count}
	counts := make([]*Answers, l.AtOnce)
	var all sync.WaitGroup
	for i := range counts {
		counts[i] = NewAnswers()
		all.Go(func() {
			for o, ok := r.take(ctx); ok; o, ok = r.take(ctx) {
				r.place(ctx, o, counts[i])
			}
		})
	}
	all.Wait()
	total := NewAnswers()
	for _, c := range counts {
		total.Add(c)
	}
	return total, r.stopped
}

// running is a load that is being placed.
type running struct {
	*Load

	mu      sync.Mutex // also of the generator
	left    int
	stopped error // why no more orders are sent
}

// take gives the next order to send, until there are none left or the run is stopped.
func (r *running) take(ctx context.Context) (order.Order, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil && ctx.Err() != nil && r.left > 0 {
		r.stopped = fmt.Errorf("stopped with %d orders not sent", r.left)
	}
	if r.left == 0 || r.stopped != nil {
		return order.Order{}, false
	}
	r.left--
	return r.Generator.Next(), true
}

func (r *running) place(ctx context.Context, o order.Order, count *Answers) {
	start := time.Now()
	id, err := r.Client.Place(ctx, o)
	count.Record(time.Since(start), err)
	if r.Answered != nil {
		r.Answered()
	}
	if err != nil || r.Accepted == nil {
		return
	}
	o.OrderID = id
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.Accepted(o); err != nil && r.stopped == nil {
		r.stopped = err
	}
}
