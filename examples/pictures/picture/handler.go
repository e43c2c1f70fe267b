package picture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Do does a piece of work of a consumer.
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

// Task is the function of a task, for lambdaenv.Env.Start. name is that of the work.
func Task[R any](name string, do func(context.Context, Execution) (R, error)) func(context.Context, json.RawMessage) (R, error) {
	return task.Handler(name, func(ctx context.Context, e Execution) (result R, err error) {
		p := e.Input.Body
		annotate(ctx, p)
		err = p.Validate()
		if problem := CheckName(e.Execution); problem != "" {
			err = errors.Join(err, fmt.Errorf("execution: %s", problem))
		}
		if caller := e.Input.Caller; caller != "" && caller != p.Owner {
			err = errors.Join(err, errors.New("owner: must be the account of the caller"))
		}
		if err != nil {
			return result, permanent.Error(err)
		}
		return do(ctx, e)
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
