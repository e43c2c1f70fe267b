package sqs

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// refuse returns an error with its codes in the JSON protocol and in the former query protocol. An empty query code is
// the same as the other. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
func refuse(status int, code, query, format string, args ...any) *wire.Error {
	e := wire.Errorf(status, code, format, args...)
	if e.Query = query; query == "" {
		e.Query = code
	}
	return e
}

// legacy returns an error whose code had a prefix in the query protocol.
func legacy(status int, code, format string, args ...any) *wire.Error {
	return refuse(status, code, "AWS.SimpleQueueService."+code, format, args...)
}

func noQueue() *wire.Error {
	return refuse(http.StatusBadRequest, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
		"The specified queue does not exist.")
}

func missing(parameter string) *wire.Error {
	return refuse(http.StatusBadRequest, "MissingRequiredParameterException", "MissingParameter",
		"The request must contain the parameter %s.", parameter)
}

func invalid(format string, args ...any) *wire.Error {
	return refuse(http.StatusBadRequest, "InvalidParameterValueException", "InvalidParameterValue", format, args...)
}

func outside(value int, parameter string, lo, hi int) *wire.Error {
	return invalid("Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", value, parameter, lo, hi)
}

func invalidAttribute(value, name, reason string) *wire.Error {
	return refuse(http.StatusBadRequest, "InvalidAttributeValue", "",
		"Value %s for parameter %s is invalid. Reason: %s", value, name, reason)
}

// denied renders a missing permission as SQS does: status 403, the action in lower case.
func denied(d *policy.DeniedError) *wire.Error {
	lower := *d
	lower.Request.Action = strings.ToLower(d.Request.Action)
	return refuse(http.StatusForbidden, "AccessDeniedException", "AccessDenied", "%s", lower.Error())
}

// Throttled is what SQS answers to too many requests. It fits fault.Rule.Do.
func Throttled(context.Context, fault.Event) error {
	return refuse(http.StatusForbidden, "RequestThrottled", "", "The request was denied due to request throttling.")
}

// Unavailable is SQS's answer to a failure of its own. It fits fault.Rule.Do.
func Unavailable(context.Context, fault.Event) error {
	return refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "", "The request has failed due to a temporary failure of the server.")
}

// ClientSide reports whether an error of Send is the sender's fault: no such queue, no permission, an invalid message.
// Such an error is not worth a retry.
func ClientSide(err error) bool {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Status < http.StatusInternalServerError && e.Code != "RequestThrottled"
	}
	return policy.IsDenied(err)
}
