package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

const (
	// maxConcurrent is how many messages of a batch are handled concurrently: all of a batch of the default size.
	maxConcurrent = 10
	// maxConcurrentOrders is how many orders of a message are read concurrently. A message has the orders of one request.
	maxConcurrentOrders = 8
	// publishInterval is the shortest time between publications of a Pending order. Publishing on every read would multiply the work of the
	// checks after an outage: relay-order reads an order about 130 times a day.
	publishInterval = 3 * time.Hour
	// late is the age from which the line about a Pending order is a warning. It is the default threshold of the alarm.
	late = 15 * time.Minute
)

type handler struct {
	queue  *sqsbatch.Queue
	orders *orders.Table
	topic  *topic.Topic
	now    func() time.Time
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.watchAll), nil
}

// watchAll reads the orders of a message. The message is done when all of them are.
func (h *handler) watchAll(ctx context.Context, m events.SQSMessage) error {
	ids, err := checker.ParseReferences([]byte(m.Body))
	if err != nil {
		return permanent.Error(err)
	}
	if len(ids) == 1 {
		return h.watch(ctx, ids[0])
	}
	return all(parallel.Do(ctx, len(ids), maxConcurrentOrders, func(ctx context.Context, i int) error {
		ctx, span := trace.Start(logfields.Branch(ctx), "watch order")
		defer span.End()
		err := h.watch(ctx, ids[i])
		if !errors.Is(err, sqsbatch.ErrNotYet) {
			span.Fail(err, false)
		}
		return err
	}))
}

// all returns the errors of the orders that failed. Otherwise it returns ErrNotYet if one of the orders is Pending.
func all(errs []error) error {
	var pending error
	for i, err := range errs {
		if errors.Is(err, sqsbatch.ErrNotYet) {
			pending, errs[i] = err, nil
		}
	}
	if failed := errors.Join(errs...); failed != nil {
		return failed
	}
	return pending
}

// watch reads an order. It returns nil if the order is decided or was not stored, and ErrNotYet if it is Pending.
func (h *handler) watch(ctx context.Context, orderID string) error {
	ctx = trace.Annotate(ctx, "orderId", orderID)
	rec, err := h.orders.Get(ctx, orderID)
	if errors.Is(err, orders.ErrNotFound) {
		slog.InfoContext(trace.Annotate(ctx, "outcome", "absent"), "order was announced and not stored: nothing to do")
		return nil
	}
	if err != nil {
		return err
	}
	ctx = trace.Annotate(ctx, "customerId", rec.CustomerID)
	if rec.Status != checker.Pending {
		slog.InfoContext(trace.Annotate(ctx, "outcome", "decided"), "order is decided: nothing to do", "status", rec.Status)
		return nil
	}
	return h.pending(trace.Annotate(ctx, "outcome", "pending"), rec)
}

// pending publishes an order if it is due, and reports its age.
func (h *handler) pending(ctx context.Context, rec checker.Record) error {
	now := h.now()
	message, problem := "order is Pending", error(nil)
	if h.due(rec, now) {
		message = "order published by the outbox"
		if problem = h.publish(ctx, rec.Order, now); problem != nil {
			message = "order is Pending, and the outbox cannot publish it"
		}
	}
	level, age := slog.LevelInfo, now.Sub(rec.CreatedAt)
	if age >= late {
		level = slog.LevelWarn
	}
	metric.Log(ctx, level, message, []metric.Value{metric.Seconds(ordermetric.SecondsPending, age)},
		"createdAt", rec.CreatedAt, "accountChecked", rec.AccountChecked, "stockChecked", rec.StockChecked, "waitsFor", rec.WaitsFor(h.orders.Checks))
	if problem != nil {
		return problem
	}
	return sqsbatch.ErrNotYet
}

// due reports whether to publish a Pending order. It is due at once if the outbox has not published it, and no finding is applied (it may
// never have been published) or it waits for no check any more (another copy of a finding makes it ready). It is due again
// publishInterval after the last publication.
func (h *handler) due(rec checker.Record, now time.Time) bool {
	last := rec.CreatedAt
	if !rec.PublishedAt.IsZero() {
		last = rec.PublishedAt
	} else if !rec.Found() || len(rec.WaitsFor(h.orders.Checks)) == 0 {
		return true
	}
	return now.Sub(last) >= publishInterval
}

func (h *handler) publish(ctx context.Context, o checker.Order, now time.Time) error {
	if err := h.topic.Publish(ctx, o); err != nil {
		return err
	}
	if err := h.orders.NotePublished(ctx, o.OrderID, now); err != nil {
		return fmt.Errorf("noting that the order was published: %w", err)
	}
	return nil
}
