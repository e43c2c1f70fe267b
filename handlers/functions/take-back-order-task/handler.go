package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders *store.Writer
}

type output struct {
	TakenBack bool `json:"takenback"`
}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	return task.Run(ctx, "take back order", input, h.takeBack)
}

func (h *handler) takeBack(ctx context.Context, s coffee.Submission) (output, error) {
	orders := *h.orders
	orders.Attempt = s.Execution
	takenBack, err := orders.TakeBack(ctx, s.Order)
	if err != nil {
		task.LogError(ctx, "order not taken back", err)
		return output{}, task.StoreError(err)
	}
	outcome, line := "taken back", "order taken back"
	if !takenBack {
		outcome, line = "superseded", "order not taken back: the table holds another event"
	}
	slog.InfoContext(trace.Annotate(ctx, "outcome", outcome), line)
	return output{TakenBack: takenBack}, nil
}
