package store

import (
	"context"
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume is Apply for a delivered event. It adds the order and the outcome to the span and the log lines of ctx, and logs the outcome with
// its metrics and values. accepted is when the event was accepted; zero if its age is not limited. For a new order that was accepted more
// than coffee.MaxAge ago, the error is a *coffee.InvalidOrder: a retry cannot succeed.
func (w *Writer) Consume(ctx context.Context, o coffee.Order, accepted time.Time, values ...metric.Value) (stored bool, err error) {
	ctx = seen.Order(ctx, o)
	if err := tooOld(o, accepted, w.Now()); err != nil {
		return false, err
	}
	stored, err = w.Apply(ctx, o)
	if err != nil {
		return false, err
	}
	if !stored {
		metric.Info(trace.Annotate(ctx, "outcome", "superseded"), "order superseded: the table holds a newer one", append(values, metric.Count(ordermetric.Superseded)))
		return false, nil
	}
	values = append(values, metric.Count(ordermetric.Stored))
	if !accepted.IsZero() {
		values = append(values, metric.Seconds(ordermetric.SecondsToDone, w.Now().Sub(accepted)))
	}
	metric.Info(trace.Annotate(ctx, "outcome", "stored"), "order stored", values)
	return true, nil
}

// tooOld returns the error for a new order whose tombstone may have expired.
func tooOld(o coffee.Order, accepted, now time.Time) error {
	if o.Completed() || accepted.IsZero() || now.Sub(accepted) <= coffee.MaxAge {
		return nil
	}
	const day = 24 * time.Hour
	return &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "accepted", Problem: fmt.Sprintf(
		"%s is %d days ago; after more than %d days an order is not stored, because its completion may be forgotten",
		coffee.FormatDate(accepted), now.Sub(accepted)/day, coffee.MaxAge/day)}}}
}
