package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// A consumer of a queue handles each message of a batch on its own. A message that is no JSON goes to the dead-letter queue; one
// whose handling failed stays in the queue, and is delivered again later.
func Example_consumer() {
	resize := func(ctx context.Context, m events.SQSMessage) error {
		var picture struct{ ID string }
		if err := json.Unmarshal([]byte(m.Body), &picture); err != nil {
			return permanent.Error(err)
		}
		trace.Annotate(ctx, "pictureId", picture.ID)
		if picture.ID == "p2" {
			return errors.New("the bucket does not answer")
		}
		return nil
	}

	// In main: env := lambdaenv.Setup(); env.Start(sqsbatch.New(env).Handler(10, resize))
	queue := &handlertest.Queue{}
	response, err := queue.Consumer().Handler(10, resize)(context.Background(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "m1", Body: `{"id":"p1"}`}, {MessageId: "m2", Body: `{"id":"p2"}`}, {MessageId: "m3", Body: `not JSON`},
	}})
	fmt.Println("to be delivered again:", response.BatchItemFailures, err)
	fmt.Println("dead letters:", queue.DeadBodies())
	// Output:
	// to be delivered again: [{m2}] <nil>
	// dead letters: [not JSON]
}
