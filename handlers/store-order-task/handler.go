package main

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/failure"
	"github.com/order-patterns/order-patterns/handlers/order"
	"github.com/order-patterns/order-patterns/handlers/ordertask"
	"github.com/order-patterns/order-patterns/handlers/store"
)

type output struct {
	Order  order.Order `json:"order"`
	Stored bool        `json:"stored"`
}

func newTask(orders *store.Writer) *ordertask.Task[output] {
	return &ordertask.Task[output]{
		Do: func(ctx context.Context, o order.Order, log *slog.Logger) (output, error) {
			stored, err := orders.Consume(ctx, o, log)
			return output{Order: o, Stored: stored}, err
		},
		Failed: "order not stored", Named: failure.OfStore,
	}
}
