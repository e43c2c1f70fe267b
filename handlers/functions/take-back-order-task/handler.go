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
	TakenBack bool `json:"takenback"`
}

func newTask(orders *store.Writer) *ordertask.Task[output] {
	return &ordertask.Task[output]{
		Do: func(ctx context.Context, o coffee.Order, log *slog.Logger) (output, error) {
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
