package lambda

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Invocation is one synchronous call of a function by a principal.
type Invocation struct {
	Principal policy.Principal
	// Keys are condition keys for the function's resource policy, such as aws:SourceArn.
	Keys map[string]string
	// Function is a name or an ARN, with or without the qualifier $LATEST.
	Function string
	// Payload is the event, JSON of at most 6 MiB. Empty is sent to the function as {}. It is not copied: the caller
	// must not change it any more.
	Payload []byte
	// TraceHeader is the caller's X-Amzn-Trace-Id; empty for none.
	TraceHeader string
}

// Result is what a function answered.
type Result struct {
	// Payload is the function's answer, or the error that it failed with.
	Payload []byte
	// FunctionError is empty, or Unhandled if the function failed.
	FunctionError string
	RequestID     string
	// ExecutedVersion is always $LATEST here.
	ExecutedVersion string
}

// Unhandled is the only FunctionError that AWS still gives.
const Unhandled = "Unhandled"

// Limits of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes.
const (
	maxSyncPayload  = 6 << 20
	maxAsyncPayload = 1 << 20
	// maxResponse has the slack that the Runtime API grants.
	maxResponse = 6<<20 + 100
)

// Throttled is the error of a call over the function's reserved concurrency.
func Throttled() error { return throttled("ReservedFunctionConcurrentInvocationLimitExceeded") }

func throttled(reason string) *wire.Error {
	return &wire.Error{
		Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate Exceeded.",
		Fields: map[string]any{"Reason": reason, "Type": "User"},
	}
}

func functionNotFound(arn string) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", arn)
}

func invalidParameter(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}
