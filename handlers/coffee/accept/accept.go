// Package accept is what the functions behind POST /order share: the same order is accepted, or refused with the same
// words, whichever pattern it is meant for.
package accept

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Deliver hands an order, which has its id, on to where it is safe until it is worked on. where says in the log where
// it went: names and values, as slog takes them. An error means that it may not have arrived.
type Deliver func(ctx context.Context, o coffee.Order) (where []any, err error)

// accepted is the answer to an order that was delivered.
type accepted struct {
	OrderID   string `json:"orderid"`
	AccountID string `json:"accountid"`
	VendorID  string `json:"vendorid"`
}

// Order answers POST /order: 202 once the order is delivered, 400 or 413 if it is not an order, and 503 if it could not
// be delivered. delivered is what deliver does to it, for the log, such as "published".
func Order(ctx context.Context, r httpapi.Request, answers httpapi.Answers, delivered string, deliver Deliver) httpapi.Response {
	body, fault := httpapi.Body(r)
	if fault != nil {
		return answers.Fail(fault)
	}
	o, err := coffee.ParseRequest(body)
	if err != nil {
		slog.InfoContext(ctx, "order refused")
		return answers.Fail(httpapi.Errorf(http.StatusBadRequest, "%s", err))
	}
	var where []any
	if err = o.AssignID(); err == nil {
		where, err = deliver(ctx, o)
	}
	if err != nil {
		// The client learns only that it may try again: the cause names resources and permissions.
		slog.ErrorContext(ctx, "order not "+delivered, "orderid", o.OrderID, "error", err.Error())
		return answers.Fail(httpapi.Errorf(http.StatusServiceUnavailable, "the order was not accepted; please try again"))
	}
	slog.InfoContext(ctx, "order "+delivered, append([]any{"orderid", o.OrderID}, where...)...)
	return answers.JSON(http.StatusAccepted, accepted{OrderID: o.OrderID, AccountID: o.AccountID, VendorID: o.VendorID})
}
