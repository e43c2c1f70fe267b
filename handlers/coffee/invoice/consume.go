package invoice

import (
	"context"
	"log/slog"
	"time"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume writes the invoice of a delivered event, if it is a new order. It adds the order and the outcome to the span and the log lines of
// ctx, and logs the outcome with its metrics. accepted is when the event was accepted, or zero.
func (w *Writer) Consume(ctx context.Context, o coffee.Order, accepted time.Time) error {
	ctx = seen.Order(ctx, o)
	if o.Completed() {
		slog.InfoContext(trace.Annotate(ctx, "outcome", "completed"), "order completed: it was invoiced when it was placed")
		return nil
	}
	_, err := w.PutNew(ctx, o, accepted)
	return err
}

// PutNew is Put, and also adds the outcome to the span and the log lines of ctx, and logs it with its metrics.
func (w *Writer) PutNew(ctx context.Context, o coffee.Order, accepted time.Time) (key string, err error) {
	key, written, err := w.Put(ctx, o)
	switch {
	case err != nil:
		return "", err
	case !written:
		slog.InfoContext(trace.Annotate(ctx, "outcome", "repeated"), "invoice was there already")
		return key, nil
	}
	values := []metric.Value{metric.Count(ordermetric.Invoiced)}
	if !accepted.IsZero() {
		values = append(values, metric.Seconds(ordermetric.SecondsToDone, time.Since(accepted)))
	}
	metric.Info(trace.Annotate(ctx, "outcome", "invoiced"), "invoice written", values)
	return key, nil
}
