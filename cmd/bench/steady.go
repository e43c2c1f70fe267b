package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// steadily places n orders, so many a second, whatever the answers take. It gives when each was accepted, by its id.
// The first that is not accepted ends it.
func steadily[T any](ctx context.Context, perSecond, n int, next func() T, place func(context.Context, T) (id string, err error)) (map[string]time.Time, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	accepted := make(map[string]time.Time, n)
	var mu sync.Mutex
	var all sync.WaitGroup
	begun := time.Now()
	for i := range n {
		o := next()
		// Counted from the beginning, so that a late one delays none after it.
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			id, err := place(ctx, o)
			at := time.Now()
			if err != nil {
				cancel(fmt.Errorf("an order was not accepted: %w", err))
				return
			}
			mu.Lock()
			defer mu.Unlock()
			accepted[id] = at
		})
	}
	all.Wait()
	return accepted, context.Cause(ctx)
}
