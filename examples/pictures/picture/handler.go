package picture

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Do does one piece of work.
type Do[R any] func(ctx context.Context, p Picture) (R, error)

// Consumer does the work for each message of a queue, which is a Picture.
func Consumer[R any](do Do[R]) sqsbatch.Handle {
	return func(ctx context.Context, m events.SQSMessage) error {
		p, err := Parse([]byte(m.Body))
		annotate(ctx, p)
		if err != nil {
			return err
		}
		_, err = do(ctx, p)
		return err
	}
}

// Execution is the input of a task: the API started the execution, with a Picture as the body.
type Execution = task.Input[task.Started[Picture]]

// Task does the work for a task, for lambdaenv.Env.Start. name is that of the work. The picture was submitted when the API accepted
// it, if it does not say when.
func Task[R any](name string, do Do[R]) func(context.Context, json.RawMessage) (R, error) {
	return task.Handler(name, func(ctx context.Context, in Execution) (result R, err error) {
		p := in.Input.Body
		annotate(ctx, p)
		if p.Submitted.IsZero() {
			p.Submitted = in.Input.Accepted()
		}
		err = p.Validate()
		if p.Submitted.IsZero() {
			err = errors.Join(err, errors.New("submitted: must be given, or accepted"))
		}
		if caller := in.Input.Caller; caller != "" && caller != p.Owner {
			err = errors.Join(err, errors.New("owner: must be the account of the caller"))
		}
		if err != nil {
			return result, permanent.Error(err)
		}
		return do(ctx, p)
	})
}

// annotate adds the ids that are valid to the span and the log.
func annotate(ctx context.Context, p Picture) {
	for _, id := range [][2]string{{"pictureId", p.ID}, {"ownerId", p.Owner}} {
		if CheckName(id[1]) == "" {
			trace.Annotate(ctx, id[0], id[1])
		}
	}
}
