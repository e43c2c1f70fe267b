package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// pollEvery is the time between two rounds of requests for orders that are not done.
const pollEvery = 200 * time.Millisecond

// poll calls look for every order, atOnce concurrently, and again for orders that are not done, until all are done or wait has passed. It
// calls look at least once. It returns the orders that are not done, with an error if ctx ended before that.
func poll[T any](ctx context.Context, orders []T, atOnce int, wait time.Duration, look func(context.Context, T), done func(T) bool) (pending []T, err error) {
	deadline := time.Now().Add(wait)
	for pending = orders; ; {
		var requests errgroup.Group
		requests.SetLimit(atOnce)
		for _, o := range pending {
			requests.Go(func() error {
				if ctx.Err() == nil {
					look(ctx, o)
				}
				return nil
			})
		}
		_ = requests.Wait() // an order keeps its own error
		pending = slices.DeleteFunc(slices.Clone(pending), done)
		left := time.Until(deadline)
		if len(pending) == 0 || left <= 0 {
			return pending, nil
		}
		select {
		case <-ctx.Done():
			return pending, ctx.Err()
		case <-time.After(min(pollEvery, left)):
		}
	}
}
