package awserr

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// The waits between two attempts are random, from 0 to a limit that doubles from firstWait to longestWait.
const (
	firstWait   = 20 * time.Millisecond
	longestWait = time.Second
)

// RetryContention calls write until it returns something other than contention, or until ctx ends. In the latter case
// it returns the error of the last call, whose write was not made. ctx should have a deadline.
//
// In DynamoDB no write waits for another one: while a transaction is at work on an item, every other write of the item
// is refused, and the SDK does not retry those. When many orders race for one item, this is the usual case, and it lasts
// milliseconds.
func RetryContention(ctx context.Context, write func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := write(ctx)
		if !Contention(err) {
			return err
		}
		if Wait(ctx, attempt) != nil {
			return fmt.Errorf("gave up after %d attempts: %w", attempt, err)
		}
	}
}

// Wait waits between an attempt, counted from 1, and the next one. It returns the error of ctx if that ends first.
func Wait(ctx context.Context, attempt int) error {
	limit := min(longestWait, firstWait<<min(attempt-1, 10))
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
