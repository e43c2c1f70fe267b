package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The messages for a client whose order was not accepted. The causes name resources and permissions, and are only logged.
const (
	tryAgain        = "the order was not accepted; please try again"
	repeat          = "the order was not accepted yet; please repeat the request with the same " + checker.IdempotencyKeyHeader
	differentUnder  = "an order with other content was accepted under this " + checker.IdempotencyKeyHeader
	couldNotPublish = "The order could not be passed on to the checks"
)

// announce gives orders their ids, and announces them to the outbox before any of them is stored.
func (h *handler) announce(ctx context.Context, key requestKey, orders []checker.Order) *httpapi.Error {
	var err error
	ids := make([]string, len(orders))
	for i := range orders {
		if ids[i], err = key.orderID(orders[i].CustomerID, i); err != nil {
			slog.ErrorContext(ctx, "order has no id", "outcome", "failed", "error", err)
			return unavailable(key)
		}
		orders[i].OrderID = ids[i]
	}
	if err := h.outbox.Announce(ctx, ids); err != nil {
		trace.FromContext(ctx).Fail(err, false)
		ctx = trace.Annotate(ctx, "outcome", "failed")
		slog.ErrorContext(ctx, "orders not announced; none is stored", "orders", len(orders), "error", err)
		return unavailable(key)
	}
	return nil
}

// capture stores an announced order, and then publishes it. It stores the order first because the checks must find it, and because a
// publication cannot be undone.
//
// If the function ends between the two, relay-order publishes the order: see package outbox. If the client repeats the request with the
// same key, the order is published at once.
func (h *handler) capture(ctx context.Context, key requestKey, o checker.Order) (checker.Record, *httpapi.Error) {
	ctx = trace.Annotate(ctx, "orderId", o.OrderID, "customerId", o.CustomerID)
	work, cancel := deadline.Ahead(ctx)
	defer cancel()
	rec, err := h.orders.Create(work, checker.NewRecord(o, h.now(), h.orders.Checks...))
	switch {
	case errors.Is(err, orders.ErrDifferent):
		refused(ctx, "order refused: its key was used for another one")
		return checker.Record{}, httpapi.Errorf(http.StatusUnprocessableEntity, differentUnder)
	case err != nil:
		return checker.Record{}, h.fail(ctx, key, o.OrderID, "order not stored, or the answer is lost", err)
	case rec.Status != checker.Pending:
		slog.InfoContext(trace.Annotate(ctx, "outcome", "repeated"), "order was captured before", "status", rec.Status)
		return rec, nil
	}
	if err := h.topic.Publish(work, rec.Order); err != nil {
		return checker.Record{}, h.fail(ctx, key, o.OrderID, "order not published", err)
	}
	metric.Info(trace.Annotate(ctx, "outcome", "accepted"), "order captured", []metric.Value{metric.Count(ordermetric.Accepted)})
	return rec, nil
}

// fail handles an order that is not accepted because of err. ctx ends a moment after the context of the work.
func (h *handler) fail(ctx context.Context, key requestKey, orderID, message string, err error) *httpapi.Error {
	trace.FromContext(ctx).Fail(err, false)
	ctx = trace.Annotate(ctx, "outcome", "failed")
	slog.ErrorContext(ctx, message, "error", err)
	if key.text == "" {
		h.abandon(ctx, orderID)
	}
	return unavailable(key)
}

func unavailable(key requestKey) *httpapi.Error {
	if key.text == "" {
		return httpapi.Errorf(http.StatusServiceUnavailable, tryAgain)
	}
	return httpapi.Errorf(http.StatusServiceUnavailable, repeat)
}

// abandon rejects an order that may have been stored, after the client was told that it was not accepted. It is for a request without a
// key, which the client cannot repeat: its next request is another order. If the order was published nevertheless, the findings of the
// checks do not change that it is Rejected.
func (h *handler) abandon(ctx context.Context, orderID string) {
	_, rejected, err := h.orders.Reject(ctx, orderID, checker.Pending, couldNotPublish)
	switch {
	case rejected:
		metric.Info(trace.Annotate(ctx, "outcome", "rejected"), "order rejected", []metric.Value{metric.Refuse(ordermetric.NotPublished)})
	case err != nil && !errors.Is(err, orders.ErrNotFound):
		slog.ErrorContext(ctx, "order may be Pending; then relay-order will publish it", "error", err)
	}
}
