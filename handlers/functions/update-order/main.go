// Command update-order is the checker pattern's consumer of findings. It applies each finding of an SQS batch to its order, once. If the
// order is then ready, it invokes ship-order and waits for it.
//
// Environment: ORDERS_TABLE; SHIP_FUNCTION, the name or ARN of ship-order; QUEUE_URL; DEAD_LETTERS_URL; optional CHECKS, the names of the
// checks that an order needs besides account and stock, separated by commas. A finding of any other check is refused. IAM:
// dynamodb:UpdateItem on the table; lambda:InvokeFunction on ship-order; sqs:ChangeMessageVisibility on its queue; sqs:SendMessage on its
// dead-letter queue; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its queue, which Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		queue:        sqsbatch.New(env),
		orders:       orders.FromEnvironment(env),
		functions:    lambda.NewFromConfig(env.AWS),
		shipFunction: env.Required("SHIP_FUNCTION"),
	}
	env.Start(h.handle)
}
