// Package task is shared by the tasks of the Orchestrator's state machine: it parses the input of a task, traces and logs the outcome, and
// gives an error the name that the state machine matches.
//
// In Retry and Catch, Step Functions matches the error type that the Lambda runtime reports: the name of the outermost Go type, also if it
// wraps another error. So a task returns the errors of this package directly, and never wraps them.
//
// See https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
package task

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Task describes a task.
type Task struct {
	Work    string // the name of its span, such as "store order"
	Failure string // the log line of a failure, such as "order not stored"
	// First is set for the first task of an execution. The task counts the order as accepted, because the API starts executions without a
	// function. It does so in the line of the outcome of its first attempt, for any outcome.
	First bool
	// Last is set for a task after whose permanent error the state machine stops processing the order.
	Last bool
}

// Run runs a task: it parses the input (see coffee.ParseSubmission), and calls work within a span. The context of work has the order and
// the id of the request, for the span and the log lines, and ends shortly before the deadline of the invocation. Run logs an error, but not
// the faults of a *coffee.InvalidOrder, which may repeat the client's input. It returns the result of work, or the *coffee.InvalidOrder of
// the parser.
//
// A task takes its input as json.RawMessage: an error of encoding/json would have a name that no state machine matches.
func Run[O any](ctx context.Context, t Task, input []byte, work func(context.Context, coffee.Submission) (O, error)) (O, error) {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	ctx, span := trace.Start(logfields.Add(ctx), t.Work)
	defer span.End()
	s, err := coffee.ParseSubmission(input)
	if err != nil {
		seen.Refused(ctx, input)
		t.failed(ctx, s, err)
		var none O
		return none, err
	}
	span.Attempt(s.Attempt + 1)
	ctx = seen.Order(logfields.Add(ctx, "apiRequestId", s.RequestID), s.Order)
	out, err := work(ctx, s)
	if err != nil {
		t.failed(ctx, s, err)
	}
	return out, err
}

// failed logs an error of the task, and adds it to the span.
func (t Task) failed(ctx context.Context, s coffee.Submission, err error) {
	rejected := final(err)
	trace.FromContext(ctx).Fail(err, rejected)
	values := t.Accepted(s)
	if rejected && t.Last {
		values = append(values, metric.Reject(metric.DeadLettered))
	}
	outcome := "failed"
	if rejected {
		outcome = "rejected"
	}
	ctx = trace.Annotate(ctx, "outcome", outcome)
	if _, invalid := err.(*coffee.InvalidOrder); invalid {
		metric.Log(ctx, slog.LevelError, "order refused", values)
		return
	}
	metric.Log(ctx, slog.LevelError, t.Failure, values, "error", err)
}

// Accepted returns the metrics by which the line of an attempt's outcome counts the order as accepted.
func (t Task) Accepted(s coffee.Submission) []metric.Value {
	if !t.First || s.Attempt > 0 {
		return nil
	}
	return []metric.Value{metric.Count(ordermetric.Accepted)}
}
