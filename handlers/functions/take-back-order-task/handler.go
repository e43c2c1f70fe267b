package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders *store.Writer
}

type output struct {
	TakenBack bool `json:"takenback"`
}

var takingBack = task.Task{Work: "take back order", Failure: "order not taken back", Last: true}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	return task.Run(ctx, takingBack, input, h.takeBack)
}

// takeBack also counts the order as rejected: the state machine moves its input to the failure queue next.
func (h *handler) takeBack(ctx context.Context, s coffee.Submission) (output, error) {
	orders := *h.orders
	orders.Attempt = s.Execution
	takenBack, err := orders.TakeBack(ctx, s.Order)
	if err != nil {
		return output{}, task.StoreError(err)
	}
	line := "order taken back"
	if !takenBack {
		line = "order not taken back: the table holds another event"
	}
	metric.Info(trace.Annotate(ctx, "outcome", "rejected"), line, []metric.Value{metric.Reject(metric.DeadLettered)})
	return output{TakenBack: takenBack}, nil
}
