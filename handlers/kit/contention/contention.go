// Package contention retries DynamoDB writes that were refused because of other writes.
//
// In DynamoDB no write waits for another one: while a transaction is at work on an item, every other write of the item
// is refused, and the SDK does not retry those. When many writers race for one item, this is the usual case, and it lasts
// milliseconds.
//
// It is not part of package awserr because it needs DynamoDB's types, which add half a millisecond to the start of a
// function that has no table.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
package contention

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/awserr"
)

// The waits between two attempts are random, from 0 to a limit that doubles from firstWait to longestWait.
const (
	firstWait   = 20 * time.Millisecond
	longestWait = time.Second
)

// Retry calls write until it returns something other than contention, or until ctx ends. In the latter case it returns
// the error of the last call, whose write was not made. ctx should have a deadline.
func Retry(ctx context.Context, write func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := write(ctx)
		if !Is(err) {
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

// Is reports whether DynamoDB refused a write because of other writes.
//
// A transaction with one action in conflict counts, even if the condition of another action failed. That condition may
// have seen a part of the conflicting write, such as the balance after this very payment.
func Is(err error) bool {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return awserr.Busy(err)
	}
	found := false
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			found = true
		case "None", "ConditionalCheckFailed":
		default:
			return false
		}
	}
	return found
}
