// Package contention retries DynamoDB writes that were refused because of other writes.
//
// A DynamoDB write does not wait for another one. While a transaction is in progress on an item, every other write to the item is refused,
// and the SDK does not retry it. When many writers compete for one item, this is the usual case, and lasts milliseconds.
//
// This is not part of package awserr because it needs DynamoDB's types. They would add half a millisecond to the start of a function
// without a table.
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

// The delay between two attempts is random, from 0 to a limit. The limit doubles from firstWait to longestWait.
const (
	firstWait   = 20 * time.Millisecond
	longestWait = time.Second
)

// Retry calls write until it returns something other than contention, or until ctx ends. If ctx ends, it returns the error of the last
// call, which wrote nothing. ctx should have a deadline.
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

// Wait waits between an attempt, counted from 1, and the next one. It returns the error of ctx if ctx ends first.
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
// A transaction with a conflict on one action counts, even if the condition of another action failed. That condition may have read a part
// of the conflicting write, such as the balance after this same payment.
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
