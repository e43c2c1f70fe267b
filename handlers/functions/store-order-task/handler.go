package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders *store.Writer
}

type output struct {
	Order  coffee.Order `json:"order"`
	Stored bool         `json:"stored"`
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
	stored, err := orders.Consume(ctx, o, s.Accepted, log)
	if err != nil {
		task.LogError(ctx, log, "order not stored", o, err)
		return output{}, task.StoreError(err)
	}
	return output{Order: o, Stored: stored}, nil
}
