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
	TakenBack bool `json:"takenback"`
}

func newTask(orders *store.Writer) *ordertask.Task[output] {
	return &ordertask.Task[output]{
		Do: func(ctx context.Context, o order.Order, log *slog.Logger) (output, error) {
			takenBack, err := orders.TakeBack(ctx, o)
			if err != nil {
				return output{}, err
			}
			outcome := "order taken back"
			if !takenBack {
				outcome = "order left alone: the table holds another"
			}
			log.InfoContext(ctx, outcome, "orderid", o.OrderID)
			return output{TakenBack: takenBack}, nil
		},
		Failed: "order not taken back", Named: failure.OfStore,
	}
}
