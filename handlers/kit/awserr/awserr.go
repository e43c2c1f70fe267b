// Package awserr classifies the errors of AWS services: which ones are permanent, and which ones say that a DynamoDB
// write met another write. It retries the latter.
package awserr

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// conflict is the code of DynamoDB's error for a write of an item that is part of a running transaction.
const conflict = "TransactionConflictException"

var (
	throttled = retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	// transient has the error codes after which the same request may succeed. The services' HTTP status alone does not
	// tell them from permanent errors.
	transient = retry.IsErrorRetryables{
		throttled,
		retry.RetryableErrorCode{Codes: retry.DefaultRetryableErrorCodes},
		// Another write of the same item or object is in progress; the clock was not set yet.
		retry.RetryableErrorCode{Codes: map[string]struct{}{
			conflict: {}, "ConditionalRequestConflict": {}, "OperationAborted": {}, "RequestTimeTooSkewed": {},
		}},
	}
)

// Permanent reports whether a service answered, and would give the same answer again: access denied, no such table or
// bucket, an invalid request. It is false where another try may succeed: no answer, an answer cut short, a deadline,
// throttling, a failure of the service itself.
func Permanent(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) || transient.IsErrorRetryable(err) == aws.TrueTernary {
		return false
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		status := response.HTTPStatusCode()
		return status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	}
	return answer.ErrorFault() != smithy.FaultServer
}

// Contention reports whether DynamoDB refused a write because of other writes: a transaction is at work on the same
// item, or there are too many writes.
//
// A transaction with one action in conflict counts, even if the condition of another action failed. That condition may
// have seen a part of the conflicting write, such as the account after this very order was paid.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
func Contention(err error) bool {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return contentionIn(cancelled.CancellationReasons)
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	return answer.ErrorCode() == conflict || throttled.IsErrorRetryable(err) == aws.TrueTernary
}

func contentionIn(reasons []types.CancellationReason) bool {
	found := false
	for _, r := range reasons {
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
