package wire

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Error is an answer that an AWS service gives instead of a result. Its code is what SDKs turn into a type.
type Error struct {
	Status  int    // HTTP status
	Code    string // "ResourceNotFoundException"
	Message string
	// Query is the code of services that once spoke the query protocol, for the header x-amzn-query-error:
	// "AWS.SimpleQueueService.NonExistentQueue". Empty for none.
	Query string
	// Fields are further members of the error's JSON body, such as CancellationReasons.
	Fields map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported refuses, by name, what the embedded cloud does not implement.
func Unsupported(format string, args ...any) *Error {
	return Errorf(http.StatusNotImplemented, "NotImplemented", "The embedded cloud does not implement "+format, args...)
}

// asError turns any error into one that can be written: denials get the code that the protocol gives them, and
// what is not an AWS error is an internal one.
func asError(err error, denied func(*policy.DeniedError) *Error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var d *policy.DeniedError
	if errors.As(err, &d) {
		return denied(d)
	}
	return &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
}

// AccessDenied is how most JSON services refuse what a policy does not allow.
func AccessDenied(d *policy.DeniedError) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: d.Error()}
}
