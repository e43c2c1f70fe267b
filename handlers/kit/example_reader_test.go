package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// A reader of a stream handles the records of one partition key in their order, and different keys at the same time. A record that
// is no JSON goes to the failure queue. The first one whose handling failed is where the stream is delivered again from.
func Example_reader() {
	project := kinesisbatch.Each(func(ctx context.Context, r events.KinesisEventRecord) error {
		var picture struct{ ID string }
		if err := json.Unmarshal(r.Kinesis.Data, &picture); err != nil {
			return permanent.Error(err)
		}
		if picture.ID == "p3" {
			return errors.New("the table does not answer")
		}
		return nil
	})

	// In main: env := lambdaenv.Setup(); env.Start(kinesisbatch.New(env).Handler(10, project))
	record := func(number, key, data string) events.KinesisEventRecord {
		return events.KinesisEventRecord{EventID: "shardId-000000000000:" + number, Kinesis: events.KinesisRecord{
			SequenceNumber: number, PartitionKey: key, Data: []byte(data),
		}}
	}
	failures := &handlertest.Failures{}
	response, err := failures.Reader().Handler(10, project)(context.Background(), events.KinesisEvent{Records: []events.KinesisEventRecord{
		record("1", "ann", `{"id":"p1"}`), record("2", "bob", `not JSON`), record("3", "ann", `{"id":"p3"}`), record("4", "bob", `{"id":"p4"}`),
	}})
	fmt.Println("to be delivered again from:", response.BatchItemFailures, err)
	fmt.Printf("failure: %s\n", failures.Sent[0].Record.Data)
	// Output:
	// to be delivered again from: [{3}] <nil>
	// failure: not JSON
}
