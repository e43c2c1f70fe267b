// Command store-order is the FanOut pattern's consumer that stores the active orders: it applies each order event of an
// SQS batch to a DynamoDB table.
//
// Environment: TABLE_NAME, QUEUE_URL, DEAD_LETTERS_URL. IAM: dynamodb:PutItem on the table; sqs:ChangeMessageVisibility on
// its queue; sqs:SendMessage on its dead-letter queue; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on
// its queue, which Lambda uses to read it.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{queue: sqsbatch.New(env), orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now}}
	env.Start(h.handle)
}
