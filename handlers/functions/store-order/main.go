// Command store-order is the FanOut pattern's consumer that stores the active orders: it applies each order event of an
// SQS batch to a DynamoDB table.
//
// Environment: TABLE_NAME. IAM: dynamodb:PutItem on the table; sqs:ReceiveMessage, sqs:DeleteMessage and
// sqs:GetQueueAttributes on its queue, which Lambda uses to read it.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now}}
	env.Start(h.handle)
}
