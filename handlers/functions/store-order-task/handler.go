package main

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/ordertask"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/failure"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type output struct {
	Order  coffee.Order `json:"order"`
	Stored bool         `json:"stored"`
}

func newTask(orders *store.Writer) *ordertask.Task[output] {
	return &ordertask.Task[output]{
		Do: func(ctx context.Context, o coffee.Order, log *slog.Logger) (output, error) {
			stored, err := orders.Consume(ctx, o, log)
			return output{Order: o, Stored: stored}, err
		},
		Failed: "order not stored", Named: failure.OfStore,
	}
}
