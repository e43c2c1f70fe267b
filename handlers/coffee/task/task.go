// Package task is shared by the tasks of the Orchestrator's state machine: it parses the input of a task, traces and logs what
// becomes of it, and gives an error the name that the state machine matches.
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

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Run runs a task: it parses the input (see coffee.ParseSubmission), and calls work within a span named for the work. The context
// of work has the order and the id of the request that brought it, for the span and the log lines, and ends shortly before the
// deadline of the invocation. The result is that of work, or the *coffee.InvalidOrder of the parser. Its faults may repeat what the
// client sent, so they are not logged.
//
// A task takes its input as json.RawMessage: an error of encoding/json would have a name that no state machine matches.
func Run[O any](ctx context.Context, name string, input []byte, work func(context.Context, coffee.Submission) (O, error)) (O, error) {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	ctx, span := trace.Start(ctx, name)
	defer span.End()
	out, err := run(ctx, input, work)
	if err != nil {
		rejected := final(err)
		span.Fail(err, rejected)
		outcome := "failed"
		if rejected {
			outcome = "rejected"
		}
		trace.Annotate(ctx, "outcome", outcome)
	}
	return out, err
}

func run[O any](ctx context.Context, input []byte, work func(context.Context, coffee.Submission) (O, error)) (out O, err error) {
	s, err := coffee.ParseSubmission(input)
	if err != nil {
		slog.ErrorContext(seen.Refused(ctx, input), "order refused", "outcome", "rejected")
		return out, err
	}
	return work(seen.Order(logfields.Add(ctx, "apiRequestId", s.RequestID), s.Order), s)
}

// LogError logs that the task failed for the order of ctx; message says what was not done. Of an *coffee.InvalidOrder it logs
// only that the order was refused.
func LogError(ctx context.Context, message string, err error) {
	if _, invalid := errors.AsType[*coffee.InvalidOrder](err); invalid {
		slog.ErrorContext(ctx, "order refused", "outcome", "rejected")
		return
	}
	slog.ErrorContext(ctx, message, "outcome", "failed", "error", err.Error())
}
