// Package awserr classifies the errors of AWS services.
package awserr

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// transactionConflict is the code of DynamoDB's error for a write to an item that is part of a running transaction.
const transactionConflict = "TransactionConflictException"

var (
	busy = retry.IsErrorRetryables{
		retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
		retry.RetryableErrorCode{Codes: map[string]struct{}{transactionConflict: {}}},
	}
	// transient has additional codes after which the same request may succeed. Their HTTP statuses are also those of permanent errors.
	transient = retry.IsErrorRetryables{
		retry.RetryableErrorCode{Codes: retry.DefaultRetryableErrorCodes},
		// Another write of the same object is in progress; the clock was not set yet.
		retry.RetryableErrorCode{Codes: map[string]struct{}{
			"ConditionalRequestConflict": {}, "OperationAborted": {}, "RequestTimeTooSkewed": {},
		}},
	}
)

// Busy reports whether a service refused a request because of other requests: it was throttled, or a DynamoDB transaction is in progress on
// the same item. For a canceled transaction, see package contention.
func Busy(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && busy.IsErrorRetryable(err) == aws.TrueTernary
}

// Permanent reports whether a service answered, and would answer the same again: access denied, no such table or bucket, an invalid
// request. It is false if a retry may succeed: no answer, a truncated answer, a deadline, throttling, a failure of the service itself.
func Permanent(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) || Busy(err) || transient.IsErrorRetryable(err) == aws.TrueTernary {
		return false
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		status := response.HTTPStatusCode()
		return status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	}
	return answer.ErrorFault() != smithy.FaultServer
}

// maxCause is the longest text that Cause returns, in bytes.
const maxCause = 200

// Cause returns what errors of one cause have in common: the code of a service's error, such as AccessDenied, or the text of the
// innermost error. The text of the whole error contains ids, such as the id of the request.
func Cause(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(next) {
		err = next
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxCause)], "")
}

// malformed are the codes of errors about the request itself:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var malformed = map[string]bool{
	"ValidationException": true, "ItemCollectionSizeLimitExceededException": true,
	"EntityTooLarge": true, "InvalidArgument": true, "InvalidRequest": true, "KeyTooLongError": true,
}

// Malformed reports whether a service refused the contents of the request, so that the same request can never succeed. It is false for
// anything that may change, such as a permission, a missing table or bucket, or throttling.
func Malformed(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && malformed[answer.ErrorCode()]
}
