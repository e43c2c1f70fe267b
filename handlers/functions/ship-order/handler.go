package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

type handler struct {
	client          *dynamodb.Client
	orders          *orders.Table
	accounts, stock *balances.Table
	now             func() time.Time
}

// outcome is the outcome of an order, for its log line.
type outcome struct {
	name, message string
	values        []metric.Value
}

// handle ships an order, or rejects it. An order that is not "Ready to ship" is not changed.
func (h *handler) handle(ctx context.Context, input json.RawMessage) error {
	id, err := checker.ParseReference(input)
	if err != nil {
		return err
	}
	ctx, span := trace.Start(ctx, "ship order")
	defer span.End()
	ctx, cancel := deadline.Ahead(trace.Annotate(ctx, "orderId", id))
	defer cancel()
	done, err := h.ship(ctx, id)
	if err != nil {
		span.Fail(err, false)
		slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), "order not shipped; it will be tried again", "error", err)
		return fmt.Errorf("shipping order %s: %w", id, err)
	}
	metric.Info(trace.Annotate(ctx, "outcome", done.name), done.message, done.values)
	return nil
}

func (h *handler) ship(ctx context.Context, id string) (outcome, error) {
	rec, err := h.orders.Get(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	trace.Annotate(ctx, "customerId", rec.CustomerID)
	if rec.Status != checker.ReadyToShip {
		return repeated("order is %s: nothing to do", rec.Status), nil
	}
	debits := h.debits(rec.Order)
	err = h.transact(ctx, id, debits)
	if err == nil {
		return outcome{"shipped", "order shipped", h.decided(rec, metric.Count(ordermetric.Shipped))}, nil
	}
	shortages, reason, err := h.explain(err, debits)
	switch {
	case err != nil:
		return outcome{}, err
	case shortages == "":
		return repeated("order was shipped or rejected in the meantime: nothing to do"), nil
	}
	now, rejected, err := h.orders.Reject(ctx, id, checker.ReadyToShip, shortages)
	if err != nil {
		return outcome{}, err
	}
	if !rejected {
		return repeated("order is %s in the meantime: nothing to do", now.Status), nil
	}
	return outcome{"rejected", "order rejected", h.decided(rec, metric.Reject(reason))}, nil
}

func repeated(message string, args ...any) outcome {
	return outcome{name: "repeated", message: fmt.Sprintf(message, args...)}
}

// decided returns the metrics of an order that was decided now.
func (h *handler) decided(rec checker.Record, counted metric.Value) []metric.Value {
	return []metric.Value{counted, metric.Seconds(ordermetric.SecondsToDone, h.now().Sub(rec.CreatedAt))}
}
