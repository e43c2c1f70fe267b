package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
)

type handler struct {
	orders *store.Writer
}

type output struct {
	TakenBack bool `json:"takenback"`
}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	s, log, err := task.Parse(ctx, input)
	if err != nil {
		return output{}, err
	}
	o, orders := s.Order, *h.orders
	orders.Attempt = s.Execution
	takenBack, err := orders.TakeBack(ctx, o)
	if err != nil {
		task.LogError(ctx, log, "order not taken back", o, err)
		return output{}, task.StoreError(err)
	}
	outcome := "order taken back"
	if !takenBack {
		outcome = "order not taken back: the table holds another event"
	}
	log.InfoContext(ctx, outcome, "orderid", o.OrderID)
	return output{TakenBack: takenBack}, nil
}
