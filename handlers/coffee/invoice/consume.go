package invoice

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume writes the invoice of an event that was delivered, if it is a new order, and logs the outcome with the order's
// id. log has the attributes of the delivery.
func (w *Writer) Consume(ctx context.Context, o coffee.Order, log *slog.Logger) error {
	log = log.With("orderid", o.OrderID)
	if o.Completed() {
		log.InfoContext(ctx, "order completed: it was invoiced when it was placed")
		return nil
	}
	_, written, err := w.Put(ctx, o)
	if err != nil {
		return err
	}
	if !written {
		log.InfoContext(ctx, "invoice was there already")
		return nil
	}
	log.InfoContext(ctx, "invoice written")
	return nil
}
