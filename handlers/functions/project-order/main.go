// Command project-order is the EventStream pattern's reader that stores the active orders: it applies each order event of a Kinesis batch
// to a DynamoDB table. The table is a projection of the stream: replaying events, from any point and while new ones arrive, gives the same
// items.
//
// Environment: TABLE_NAME, FAILURES_URL. IAM: dynamodb:PutItem on the table; sqs:SendMessage on the failure queue, which Lambda needs too;
// reading the stream, which Lambda does with this role.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{reader: kinesisbatch.New(env), orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now}}
	env.Start(h.handle)
}
