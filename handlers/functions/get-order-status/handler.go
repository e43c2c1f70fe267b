package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders  *orders.Table
	answers httpapi.Answers
	callers caller.Check
}

// found is the answer if the order exists.
type found struct {
	Status checker.Status `json:"status"`
	Logs   []string       `json:"logs"`
}

// absent is the answer if it does not. The API's contract gives it another format than other errors.
type absent struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "read order")
	defer span.End()
	id := r.PathParameters["orderId"]
	if problem := coffee.CheckID(id); problem != "" {
		return h.answers.Fail(httpapi.Errorf(http.StatusBadRequest, "path parameter orderId: %s", problem)), nil
	}
	if fault := h.callers.Identified(ctx, r); fault != nil {
		return h.answers.Fail(fault), nil
	}
	// The id is not an annotation: a search for it must find the order's own trace, not the traces of requests for its status.
	ctx, cancel := deadline.Ahead(logfields.Add(ctx, "orderId", id))
	defer cancel()
	rec, err := h.orders.Get(ctx, id)
	switch {
	// The answer must not reveal that an order of another account exists.
	case errors.Is(err, orders.ErrNotFound), err == nil && !h.callers.May(r, rec.CustomerID):
		trace.Annotate(ctx, "outcome", "absent")
		return h.answers.JSON(http.StatusNotFound, absent{http.StatusNotFound, "Order not found"}), nil
	case err != nil:
		span.Fail(err, false)
		slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), "order not read", "error", err)
		return h.answers.Fail(httpapi.Errorf(http.StatusServiceUnavailable, "the order could not be read; please try again")), nil
	}
	trace.Annotate(ctx, "customerId", rec.CustomerID, "outcome", "found")
	return h.answers.JSON(http.StatusOK, found{rec.Status, rec.Logs}), nil
}
