// Package sidebyside does the tasks of one invocation side by side, and says of each whether it was done before the
// invocation's end.
package sidebyside

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
)

// ErrDeadline is the error of a task that was not done near the deadline, or not begun.
var ErrDeadline = errors.New("the invocation's deadline is near")

// Do calls task for 0 to n-1, at most limit at a time and begun in this order, and gives the error of each: its own, a
// panic, or ErrDeadline if it was not done shortly before the deadline of ctx. A task should end when the ctx that it is
// given does; one that goes on all the same is not waited for.
func Do(ctx context.Context, n, limit int, task func(ctx context.Context, i int) error) []error {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()

	type result struct {
		index int
		err   error
	}
	// Room for every result: a task that outlives the call must not be left waiting for a reader.
	results := make(chan result, n)
	slots := make(chan struct{}, limit)
	go func() {
		for i := range n {
			select {
			case <-ctx.Done():
				return
			case slots <- struct{}{}:
			}
			go func() {
				defer func() { <-slots }()
				results <- result{i, guarded(ctx, i, task)}
			}()
		}
	}()

	errs := make([]error, n)
	for i := range errs {
		errs[i] = ErrDeadline
	}
	for range n {
		select {
		case r := <-results:
			errs[r.index] = r.err
		case <-ctx.Done():
			return errs
		}
	}
	return errs
}

// guarded turns a panic into the failure of its task: unguarded, it would end the process and fail all of them.
func guarded(ctx context.Context, i int, task func(context.Context, int) error) (err error) {
	_ = growStack(0)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return task(ctx, i)
}

// growStack gives a new goroutine the stack that a call of an AWS SDK needs, in one step while the stack is empty.
// Growing bit by bit, with ever more frames to move, took a sixth of a consumer's time.
//
//go:noinline
func growStack(i int) byte {
	var room [24 << 10]byte
	return room[i]
}
