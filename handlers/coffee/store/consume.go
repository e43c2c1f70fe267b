package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume is Apply for an event that was delivered, and logs the outcome with the order's id and event type. log has the
// attributes of the delivery. accepted is when the event was accepted; zero if its age does not matter. A new order that was
// accepted more than coffee.MaxAge ago is an *coffee.InvalidOrder: a retry does not help.
func (w *Writer) Consume(ctx context.Context, o coffee.Order, accepted time.Time, log *slog.Logger) (stored bool, err error) {
	if err := tooOld(o, accepted, w.Now()); err != nil {
		return false, err
	}
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

// tooOld returns the error for a new order whose completion may have been forgotten.
func tooOld(o coffee.Order, accepted, now time.Time) error {
	if o.Completed() || accepted.IsZero() || now.Sub(accepted) <= coffee.MaxAge {
		return nil
	}
	const day = 24 * time.Hour
	return &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "accepted", Problem: fmt.Sprintf(
		"%s is %d days ago; after more than %d days an order is not stored, because its completion may be forgotten",
		coffee.FormatDate(accepted), now.Sub(accepted)/day, coffee.MaxAge/day)}}}
}
