// Package task runs the tasks of a state machine. It gives an error that a retry cannot avoid a name that the state machine can match.
//
// In Retry and Catch, Step Functions matches the error type that the Lambda runtime reports: the name of the outermost Go type, also if it
// wraps another error. So [Handler] returns
//
//   - every permanent.Error, and the error of an input that cannot be decoded, as a *[PermanentError], whose name is PermanentError. A state
//     machine must not retry it.
//   - every other error unchanged. A state machine should retry it.
//
// A task may run again after it succeeded, if its answer was lost. So it must be idempotent.
//
// See https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
package task

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// PermanentError is the error of a task that a retry cannot avoid. State machines name it in the field ErrorEquals.
type PermanentError struct{ cause error }

func (e *PermanentError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.cause }

// Handler returns the function of a task, for lambdaenv.Env.Start. It decodes the input, ignoring unknown fields, and calls do within a
// span with work as its name. ctx ends shortly before the deadline of the invocation. It logs an error, with the fields that do added to
// ctx by trace.Annotate. With an [Input], the log lines have the field execution, and the span has the attempt.
func Handler[I, O any](work string, do func(ctx context.Context, input I) (O, error)) func(context.Context, json.RawMessage) (O, error) {
	return func(ctx context.Context, text json.RawMessage) (output O, err error) {
		ctx, span := trace.Start(logfields.Add(ctx), work)
		defer span.End()
		bounded, cancel := deadline.Ahead(ctx)
		defer cancel()
		var input I
		if err = json.Unmarshal(text, &input); err != nil {
			err = permanent.Error(fmt.Errorf("reading the input: %w", err))
		} else {
			if in, ok := any(input).(interface{ state() (string, int) }); ok {
				execution, attempt := in.state()
				span.Attempt(attempt + 1)
				logfields.Add(ctx, "execution", execution)
			}
			output, err = do(bounded, input)
		}
		if err == nil {
			return output, nil
		}
		outcome := "failed"
		if permanent.Is(err) {
			outcome, err = "rejected", &PermanentError{err}
		}
		span.Fail(err, outcome == "rejected")
		slog.ErrorContext(trace.Annotate(ctx, "outcome", outcome), "task failed: "+work, "error", err)
		var none O
		return none, err
	}
}
