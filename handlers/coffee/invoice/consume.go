package invoice

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume writes the invoice of an event that was delivered, if it is a new order. It adds the order and the outcome to the span
// and the log lines of ctx, and logs the outcome.
func (w *Writer) Consume(ctx context.Context, o coffee.Order) error {
	ctx = seen.Order(ctx, o)
	if o.Completed() {
		slog.InfoContext(trace.Annotate(ctx, "outcome", "completed"), "order completed: it was invoiced when it was placed")
		return nil
	}
	_, written, err := w.Put(ctx, o)
	if err != nil {
		return err
	}
	w.Written(ctx, written)
	return nil
}

// Written adds the outcome of a Put to the span and the log lines of ctx, and logs it.
func (w *Writer) Written(ctx context.Context, written bool) {
	outcome, line := "invoiced", "invoice written"
	if !written {
		outcome, line = "duplicate", "invoice was there already"
	}
	slog.InfoContext(trace.Annotate(ctx, "outcome", outcome), line)
}
