package sns

import (
	"context"
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+format, args...)
}

func notFound(what string) error {
	return wire.Errorf(http.StatusNotFound, "NotFound", "%s does not exist", what)
}

// denied renders a missing permission as SNS does, with the prefix of the action in upper case.
func denied(d *policy.DeniedError) *wire.Error {
	upper := *d
	upper.Request.Action = strings.Replace(d.Request.Action, "sns:", "SNS:", 1)
	return wire.Errorf(http.StatusForbidden, "AuthorizationError", "%s", upper.Error())
}

// Throttled is what SNS answers to too many requests. It fits fault.Rule.Do.
func Throttled(context.Context, fault.Event) error {
	return wire.Errorf(http.StatusTooManyRequests, "Throttled", "Rate exceeded")
}
