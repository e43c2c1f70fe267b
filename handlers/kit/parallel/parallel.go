// Package parallel runs the tasks of one invocation concurrently. It reports for each task whether it was done before the end of the
// invocation.
//
// Unlike errgroup, a task that ignores its context does not delay the answer, a panic fails only its own task, and every task has its own
// error.
package parallel

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
)

// ErrDeadline is the error of a task that was not done, or not started, shortly before the invocation's deadline.
var ErrDeadline = errors.New("the invocation's deadline is near")

// Do calls task for 0 to n-1, at most limit at a time and started in this order. It returns one error per task: the task's own, its panic,
// or ErrDeadline if the task was not done shortly before the deadline of ctx. A task should return when its ctx ends. Do does not wait for
// a task that does not.
func Do(ctx context.Context, n, limit int, task func(ctx context.Context, i int) error) []error {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()

	type result struct {
		index int
		err   error
	}
	// The channel has space for every result, so that a task that ends after the call is not blocked forever.
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
				results <- result{i, run(ctx, i, task)}
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

// run calls task, and returns a panic as an error. Without this, a panic would end the process and fail all tasks.
func run(ctx context.Context, i int, task func(context.Context, int) error) (err error) {
	_ = growStack(0)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return task(ctx, i)
}

// growStack grows the stack of a new goroutine to the size that a call of the AWS SDK needs, in one step while the stack is empty.
// Otherwise the stack grows in several steps, each of which copies all frames. That took a sixth of a consumer's time.
//
//go:noinline
func growStack(i int) byte {
	var room [24 << 10]byte
	return room[i]
}
