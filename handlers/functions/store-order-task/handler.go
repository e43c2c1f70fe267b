package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
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

var storing = task.Task{Work: "store order", Failure: "order not stored", First: true, Last: true}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	return task.Run(ctx, storing, input, h.store)
}

func (h *handler) store(ctx context.Context, s coffee.Submission) (output, error) {
	// The API compares them before it starts an execution, but it may read JSON in another way.
	if h.callers.ByToken && s.Caller != "" && s.Caller != s.Order.AccountID {
		return output{}, &task.NotAllowed{}
	}
	orders := *h.orders
	orders.Attempt = s.Execution
	stored, err := orders.Consume(ctx, s.Order, s.Accepted, storing.Accepted(s)...)
	if err != nil {
		return output{}, task.StoreError(err)
	}
	return output{Order: s.Order, Stored: stored}, nil
}
