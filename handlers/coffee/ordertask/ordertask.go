// Package ordertask is what the tasks of the Orchestrator's state machine share: the input is an order on its way, what
// becomes of it is logged, and an error has the name that the state machine matches.
package ordertask

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Task is one of the tasks, whose output is an Output. All fields are required.
type Task[Output any] struct {
	// Do does it, with a ctx that ends before the invocation does. log carries what is known of the request; the order's
	// id is to be added.
	Do func(ctx context.Context, o coffee.Order, log *slog.Logger) (Output, error)
	// Failed is how the log tells that it was not done.
	Failed string
	// Named gives an error its name; see package failure. It keeps an *coffee.InvalidOrder as it is.
	Named func(error) error
}

// Handle does the task with the order of an input; see coffee.ParseSubmission. It takes the input as it is: what
// encoding/json would say of it has a name that no state machine matches. An order that is not valid, or not for this
// task, is an *coffee.InvalidOrder; its faults are for the client, and are not logged.
func (t *Task[Output]) Handle(ctx context.Context, input json.RawMessage) (Output, error) {
	var none Output
	s, err := coffee.ParseSubmission(input)
	if err != nil {
		slog.ErrorContext(ctx, "order refused")
		return none, t.Named(err)
	}
	log := slog.With("apiRequestId", s.RequestID)
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	output, err := t.Do(ctx, s.Order, log)
	if err != nil {
		log = log.With("orderid", s.Order.OrderID, "eventtype", s.Order.EventType)
		var invalid *coffee.InvalidOrder
		if errors.As(err, &invalid) {
			log.ErrorContext(ctx, "order refused")
		} else {
			log.ErrorContext(ctx, t.Failed, "error", err.Error())
		}
		return none, t.Named(err)
	}
	return output, nil
}
