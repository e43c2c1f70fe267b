// Package task is shared by the tasks of the Orchestrator's state machine: it parses the input of a task, logs a failure,
// and gives an error the name that the state machine matches.
//
// In Retry and Catch, Step Functions matches the error type that the Lambda runtime reports: the name of the outermost
// Go type, whatever it wraps. So a task returns the errors of this package as they are, and never wraps them.
//
// See https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
package task

import (
	"context"
	"errors"
	"log/slog"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// Parse parses the input of a task; see coffee.ParseSubmission. The logger has the id of the request that brought the
// order. The error is an *coffee.InvalidOrder. Its faults may repeat what the client sent, so they are not logged.
//
// A task takes its input as json.RawMessage: an error of encoding/json would have a name that no state machine matches.
func Parse(ctx context.Context, input []byte) (coffee.Submission, *slog.Logger, error) {
	s, err := coffee.ParseSubmission(input)
	if err != nil {
		slog.ErrorContext(ctx, "order refused")
		return coffee.Submission{}, nil, err
	}
	return s, slog.With("apiRequestId", s.RequestID), nil
}

// LogError logs that the task failed for the order; message says what was not done. Of an *coffee.InvalidOrder it logs
// only that the order was refused.
func LogError(ctx context.Context, log *slog.Logger, message string, o coffee.Order, err error) {
	log = log.With("orderid", o.OrderID, "eventtype", o.EventType)
	var invalid *coffee.InvalidOrder
	if errors.As(err, &invalid) {
		log.ErrorContext(ctx, "order refused")
		return
	}
	log.ErrorContext(ctx, message, "error", err.Error())
}
