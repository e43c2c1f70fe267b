package store

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume is Apply for an event that was delivered, and logs the outcome with the order's id and event type. log has the
// attributes of the delivery.
func (w *Writer) Consume(ctx context.Context, o coffee.Order, log *slog.Logger) (stored bool, err error) {
	stored, err = w.Apply(ctx, o)
	if err != nil {
		return false, err
	}
	outcome := "order stored"
	if !stored {
		outcome = "order superseded: the table holds a newer one"
	}
	log.InfoContext(ctx, outcome, "orderid", o.OrderID, "eventtype", o.EventType)
	return stored, nil
}
