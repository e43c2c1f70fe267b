package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/checker/idempotency"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/outbox"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

const (
	// maxConcurrent is how many orders of one request are captured concurrently.
	maxConcurrent = 16
	// maxBatch is the largest body of POST /orders in bytes. The largest valid request fits.
	maxBatch = 1 << 20
)

type handler struct {
	outbox  *outbox.Queue
	orders  *orders.Table
	topic   *topic.Topic
	answers httpapi.Answers
	callers caller.Check
	now     func() time.Time
}

// handle captures the orders of a request within a span, and within another one for each order of POST /orders.
func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "capture orders")
	defer span.End()
	var answer any
	var fault *httpapi.Error
	switch r.Resource {
	case "/order":
		answer, fault = h.one(ctx, r)
	case "/orders":
		answer, fault = h.many(ctx, r)
	default:
		fault = httpapi.Errorf(http.StatusNotFound, "there is no %s %s", r.HTTPMethod, r.Resource)
	}
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	return h.answers.JSON(http.StatusOK, answer), nil
}

// request parses the body and the key of a request. It logs that a request is refused, but not why, because the reason may quote the order.
func request[T any](ctx context.Context, h *handler, r httpapi.Request, limit int, parse func([]byte) (T, error)) (what T, key requestKey, fault *httpapi.Error) {
	defer func() {
		if fault != nil {
			refused(ctx, "order refused")
		}
	}()
	body, fault := httpapi.BodyUpTo(r, limit)
	if fault != nil {
		return what, key, fault
	}
	key.caller = h.callers.Name(r)
	if key.text, fault = idempotency.Key(r); fault != nil {
		return what, key, fault
	}
	what, err := parse(body)
	if err != nil {
		return what, key, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	return what, key, nil
}

func refused(ctx context.Context, message string) {
	metric.Info(trace.Annotate(ctx, "outcome", "refused"), message, []metric.Value{metric.Refuse(ordermetric.Refused)})
}

func (h *handler) one(ctx context.Context, r httpapi.Request) (any, *httpapi.Error) {
	o, key, fault := request(ctx, h, r, httpapi.MaxBody, checker.ParseRequest)
	if fault != nil {
		return nil, fault
	}
	if fault := h.callers.Allow(ctx, r, o.CustomerID); fault != nil {
		return nil, fault
	}
	ctx, cancel := deadline.Ahead(trace.Annotate(ctx, "customerId", o.CustomerID))
	defer cancel()
	announced := []checker.Order{o}
	if fault := h.announce(ctx, key, announced); fault != nil {
		return nil, fault
	}
	return h.capture(ctx, key, announced[0])
}

// batch is the answer to POST /orders if at least one order was captured.
type batch struct {
	Orders []checker.Record `json:"orders"`
	Failed []failed         `json:"failed,omitempty"`
}

// failed is an order of a batch that was not captured: its index in the request, and the answer that POST /order would give.
type failed struct {
	Index       int    `json:"index"`
	CustomerID  string `json:"customerId"`
	Status      int    `json:"status"`
	Description string `json:"description"`
}

// many captures the orders of a request concurrently. If one is not valid, or the caller may not place it, the request is refused and none
// is stored.
func (h *handler) many(ctx context.Context, r httpapi.Request) (any, *httpapi.Error) {
	orders, key, fault := request(ctx, h, r, maxBatch, checker.ParseRequests)
	if fault != nil {
		return nil, fault
	}
	for _, o := range orders {
		if fault := h.callers.Allow(ctx, r, o.CustomerID); fault != nil {
			return nil, fault
		}
	}
	if fault := h.announce(ctx, key, orders); fault != nil {
		return nil, fault
	}
	records := make([]checker.Record, len(orders))
	errs := parallel.Do(ctx, len(orders), maxConcurrent, func(ctx context.Context, i int) error {
		ctx, span := trace.Start(logfields.Branch(ctx), "capture order")
		defer span.End()
		rec, fault := h.capture(ctx, key, orders[i])
		if fault != nil {
			return fault
		}
		records[i] = rec
		return nil
	})
	var answer batch
	for i, err := range errs {
		if err == nil {
			answer.Orders = append(answer.Orders, records[i])
			continue
		}
		var fault *httpapi.Error
		if !errors.As(err, &fault) {
			slog.ErrorContext(ctx, "order not captured", "orderId", orders[i].OrderID, "customerId", orders[i].CustomerID,
				"index", i, "outcome", "failed", "error", err)
			fault = unavailable(key)
		}
		answer.Failed = append(answer.Failed, failed{i, orders[i].CustomerID, fault.Status, fault.Message})
	}
	if answer.Orders == nil {
		return nil, worst(answer.Failed)
	}
	return answer, nil
}

// worst returns the error for a batch of which no order was captured: the one with the highest status, so that an error that is worth a
// retry comes first.
func worst(all []failed) *httpapi.Error {
	w := all[0]
	for _, f := range all {
		if f.Status > w.Status {
			w = f
		}
	}
	return httpapi.Errorf(w.Status, "%s", w.Description)
}
