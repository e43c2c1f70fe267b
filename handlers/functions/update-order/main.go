// Command update-order is the CheckerPipeline's consumer of findings: it applies each one of an SQS batch to its order,
// once, and has an order shipped that is ready.
//
// Environment: ORDERS_TABLE; SHIP_FUNCTION, the name or ARN of ship-order. IAM: dynamodb:UpdateItem on the table;
// lambda:InvokeFunction on ship-order; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its queue,
// which Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		h := &handler{
			orders:    &orderbook.Book{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("ORDERS_TABLE")},
			functions: lambda.NewFromConfig(env.AWS), ship: env.Get("SHIP_FUNCTION"),
		}
		return h.handle
	}, "ORDERS_TABLE", "SHIP_FUNCTION")
}
