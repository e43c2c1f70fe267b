// Command update-order is the checker pattern's consumer of findings: it applies each finding of an SQS batch to its
// order, once, and has an order shipped that is ready.
//
// Environment: ORDERS_TABLE; SHIP_FUNCTION, the name or ARN of ship-order. IAM: dynamodb:UpdateItem on the table;
// lambda:InvokeFunction on ship-order; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its queue,
// which Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		orders:       &orders.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("ORDERS_TABLE")},
		functions:    lambda.NewFromConfig(env.AWS),
		shipFunction: env.Required("SHIP_FUNCTION"),
	}
	env.Start(h.handle)
}
