// Command get-order-status is the function behind GET /order/{orderId}/status of the CheckerPipeline pattern: how far an
// order has come, and what each step found.
//
// Environment: ORDERS_TABLE; optional ALLOW_ORIGIN. IAM: dynamodb:GetItem on the table.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		answers := env.Answers()
		answers.Layout = httpapi.Described
		h := &handler{
			orders:  &orderbook.Book{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("ORDERS_TABLE")},
			answers: answers,
		}
		return h.handle
	}, "ORDERS_TABLE")
}
