package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders  *store.Writer
	callers caller.Check
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
	// The API compares them before it starts an execution, but it reads JSON in a way of its own.
	if h.callers.ByToken && s.Caller != "" && s.Caller != s.Order.AccountID {
		log.ErrorContext(ctx, "order refused: it is not the caller's", "orderid", s.Order.OrderID)
		return output{}, &task.NotAllowed{}
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
