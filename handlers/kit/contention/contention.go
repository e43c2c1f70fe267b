// Package contention repeats writes that DynamoDB turned away because another one was at the same items, or because
// there are too many of them.
//
// DynamoDB makes no write wait for another: while a transaction is at an item, every other write of that item is refused
// with a conflict, and the SDK does not repeat those. When many orders race for one item it is the usual case, and it
// lasts milliseconds.
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
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// The waits between two attempts: of random length, up to a limit that doubles from the first to the longest.
const (
	firstWait   = 20 * time.Millisecond
	longestWait = time.Second
)

// Retry calls write until it ends in something other than contention, or until ctx ends; then the error is that of the
// last call, whose write was not made. ctx should have a deadline.
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

// Wait lets a moment pass between an attempt, counted from 1, and the next one. The error is ctx's, if that ends before.
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

// reasonsToWait are the reasons of a cancelled transaction that another attempt may not meet.
var reasonsToWait = map[string]bool{"TransactionConflict": true, "ThrottlingError": true, "ProvisionedThroughputExceeded": true}

var throttled = retry.IsErrorRetryables{retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}}

// Is reports whether err says that a write was turned away because of other writes.
//
// A transaction of which one action met another write counts even if the condition of another action failed: what the
// condition saw may be the half of that other write, such as the account that this very order was paid from.
func Is(err error) bool {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return waits(cancelled.CancellationReasons)
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	return answer.ErrorCode() == "TransactionConflictException" || throttled.IsErrorRetryable(err) == aws.TrueTernary
}

func waits(reasons []types.CancellationReason) bool {
	found := false
	for _, r := range reasons {
		switch code := aws.ToString(r.Code); {
		case reasonsToWait[code]:
			found = true
		case code != "None" && code != "ConditionalCheckFailed":
			return false
		}
	}
	return found
}
