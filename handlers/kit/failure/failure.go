// Package failure names why a task of a state machine failed. Step Functions matches the name, in Retry and Catch, with
// the error type that the Lambda runtime reports: the name of the outermost Go type, whatever it wraps. So these errors
// are returned as they are, and never wrapped again.
//
// There are two for each thing that a task works on. Unavailable: it may be different a moment later, and the outcome
// is unknown, so the task is to be tried again, which is safe. Refused: the service has said no, and will say so again.
// The third, coffee.InvalidOrder, is the order's own fault.
//
// See https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
package failure

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// The errors of the table of orders and of the bucket of invoices. The message says what was being done, to what, and
// what the service said.
type (
	StoreUnavailable   struct{ cause }
	StoreRefused       struct{ cause }
	InvoiceUnavailable struct{ cause }
	InvoiceRefused     struct{ cause }
)

type cause struct{ err error }

func (c cause) Error() string { return c.err.Error() }
func (c cause) Unwrap() error { return c.err }

// OfStore names an error of the table: StoreUnavailable, StoreRefused, or coffee.InvalidOrder as it is. nil stays nil.
func OfStore(err error) error {
	return named(err,
		func(c cause) error { return &StoreUnavailable{c} },
		func(c cause) error { return &StoreRefused{c} })
}

// OfInvoice names an error of the bucket: InvoiceUnavailable, InvoiceRefused, or coffee.InvalidOrder as it is. nil stays
// nil.
func OfInvoice(err error) error {
	return named(err,
		func(c cause) error { return &InvoiceUnavailable{c} },
		func(c cause) error { return &InvoiceRefused{c} })
}

func named(err error, unavailable, refused func(cause) error) error {
	var invalid *coffee.InvalidOrder
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return invalid
	case permanent(err):
		return refused(cause{err})
	}
	return unavailable(cause{err})
}

// retryable tells the answers of a service, other than by status, after which the SDK would ask again.
var retryable = retry.IsErrorRetryables{
	retry.RetryableErrorCode{Codes: retry.DefaultRetryableErrorCodes},
	retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
	// Another write of the same item or object is under way; and a clock that was not set yet.
	retry.RetryableErrorCode{Codes: map[string]struct{}{
		"TransactionConflictException": {}, "ConditionalRequestConflict": {}, "OperationAborted": {}, "RequestTimeTooSkewed": {},
	}},
}

// permanent reports whether the service has answered, and the answer will not change: access denied, no such table or
// bucket, a request that is not valid. All else may: no answer, one that was cut short, a deadline, throttling, or a
// service's own failure.
func permanent(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	if retryable.IsErrorRetryable(err) == aws.TrueTernary {
		return false
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		status := response.HTTPStatusCode()
		return status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	}
	return answer.ErrorFault() != smithy.FaultServer
}
