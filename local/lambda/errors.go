package lambda

import (
	"errors"
	"net/http"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Throttled is the error of a call that exceeds the function's reserved concurrency.
func Throttled() error { return throttled("ReservedFunctionConcurrentInvocationLimitExceeded") }

func throttled(reason string) *wire.Error {
	return &wire.Error{
		Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate Exceeded.",
		Fields: map[string]any{"Reason": reason, "Type": "User"},
	}
}

func notFound(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func functionNotFound(name string) *wire.Error {
	return notFound("Function not found: %s", functionARN(name))
}

func conflict(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusConflict, "ResourceConflictException", format, args...)
}

func invalidParameter(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

const cannotAssume = "The role defined for the function cannot be assumed by Lambda."

// problem is the LastProcessingResult of a mapping after a refused call.
func problem(call string, err error) string {
	if isDenied(err) {
		return "PROBLEM: Lambda is not authorized to call " + call + ": " + err.Error()
	}
	return "PROBLEM: " + call + ": " + err.Error()
}

func isDenied(err error) bool {
	var denied *policy.DeniedError
	return errors.As(err, &denied)
}

// isThrottled reports whether an invocation that failed with err should be retried: it was throttled, or Lambda failed.
func isThrottled(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError)
}

// codeOf is the code of an AWS error, or empty.
func codeOf(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
