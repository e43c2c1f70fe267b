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

// transactionConflict is the code of DynamoDB's error for a write of an item that is part of a running transaction.
const transactionConflict = "TransactionConflictException"

var (
	busy = retry.IsErrorRetryables{
		retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
		retry.RetryableErrorCode{Codes: map[string]struct{}{transactionConflict: {}}},
	}
	// transient has more codes after which the same request may succeed. The HTTP status does not tell them from permanent
	// errors.
	transient = retry.IsErrorRetryables{
		retry.RetryableErrorCode{Codes: retry.DefaultRetryableErrorCodes},
		// Another write of the same object is in progress; the clock was not set yet.
		retry.RetryableErrorCode{Codes: map[string]struct{}{
			"ConditionalRequestConflict": {}, "OperationAborted": {}, "RequestTimeTooSkewed": {},
		}},
	}
)

// Busy reports whether a service refused a request because of other requests: there are too many, or in DynamoDB a
// transaction is at work on the same item. For a transaction that was cancelled, see package contention.
func Busy(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && busy.IsErrorRetryable(err) == aws.TrueTernary
}

// Permanent reports whether a service answered, and would give the same answer again: access denied, no such table or
// bucket, an invalid request. It is false where another try may succeed: no answer, an answer cut short, a deadline,
// throttling, a failure of the service itself.
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

// maxCause is the longest text of Cause, in bytes.
const maxCause = 200

// Cause returns what errors of one cause have in common: the code of a service's error, such as AccessDenied, else the text of the
// innermost error. The text of the whole error has ids in it, such as that of the request.
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

// malformed are the codes of errors about the request itself, whoever sends it and whenever:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var malformed = map[string]bool{
	"ValidationException": true, "ItemCollectionSizeLimitExceededException": true,
	"EntityTooLarge": true, "InvalidArgument": true, "InvalidRequest": true, "KeyTooLongError": true,
}

// Malformed reports whether a service refused the request for what is in it, so that the same request can never succeed. It
// is false for anything that may change from outside, such as a permission, a missing table or bucket, or throttling.
func Malformed(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && malformed[answer.ErrorCode()]
}
