// Package orderapi is shared by the functions behind the HTTP API of the coffee patterns. All patterns accept the same orders, and refuse
// others with the same messages.
package orderapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// ParseOrder parses the order of a POST /order that is accepted at now, and assigns an id if the client chose none. It adds the order to
// the span and the log lines of ctx. The error is the answer for the client: 400 if the body is not an order, 413 if it is too long. The
// log says that an order is refused, but not why, because the reason may quote the order.
func ParseOrder(ctx context.Context, r httpapi.Request, now time.Time) (coffee.Order, *httpapi.Error) {
	body, fault := httpapi.Body(r)
	if fault != nil {
		return coffee.Order{}, refuse(ctx, fault)
	}
	o, err := coffee.ParseRequest(body, now)
	if err != nil {
		return coffee.Order{}, refuse(seen.Refused(ctx, body), httpapi.Errorf(http.StatusBadRequest, "%s", err))
	}
	if err := o.AssignID(); err != nil {
		return coffee.Order{}, NotAccepted(ctx, "order has no id", err)
	}
	seen.Order(ctx, o)
	return o, nil
}

func refuse(ctx context.Context, fault *httpapi.Error) *httpapi.Error {
	metric.Info(trace.Annotate(ctx, "outcome", "refused"), "order refused", []metric.Value{metric.Refuse(ordermetric.Refused)})
	return fault
}

// Accepted logs and counts that the order of ctx is accepted. It returns the body of the answer 202, which means that the order is stored
// durably until it is processed. message and args belong to the log line.
func Accepted(ctx context.Context, o coffee.Order, message string, args ...any) any {
	metric.Info(trace.Annotate(ctx, "outcome", "accepted"), message, []metric.Value{metric.Count(ordermetric.Accepted)}, args...)
	return struct {
		OrderID   string `json:"orderid"`
		AccountID string `json:"accountid"`
		VendorID  string `json:"vendorid"`
	}{o.OrderID, o.AccountID, o.VendorID}
}

// NotAccepted logs why the order of ctx may be lost, and returns the answer. The answer does not contain the cause, which names resources
// and permissions.
func NotAccepted(ctx context.Context, message string, cause error) *httpapi.Error {
	Fail(ctx, message, cause)
	return httpapi.Errorf(http.StatusServiceUnavailable, "the order was not accepted; please try again")
}

// Fail logs an error, and adds it to the span of ctx.
func Fail(ctx context.Context, message string, cause error) {
	trace.FromContext(ctx).Fail(cause, false)
	slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), message, "error", cause)
}

// ID returns a required query parameter that is an accountid or vendorid.
func ID(r httpapi.Request, name string) (string, *httpapi.Error) {
	id, err := OptionalID(r, name)
	if err == nil && id == "" {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: is missing", name)
	}
	return id, err
}

// OptionalID returns a query parameter that is an accountid or vendorid, or "" if it is missing.
func OptionalID(r httpapi.Request, name string) (string, *httpapi.Error) {
	id, found, fault := httpapi.Query(r, name)
	if fault != nil || !found {
		return "", fault
	}
	if problem := coffee.CheckID(id); problem != "" {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: %s", name, problem)
	}
	return id, nil
}
