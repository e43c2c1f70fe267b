// Command get-order-status is the function behind GET /order/{orderId}/status of the checker pattern: it returns the
// status of an order, and its log lines.
//
// Environment: ORDERS_TABLE; optional ALLOW_ORIGIN, AUTH. IAM: dynamodb:GetItem on the table.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		orders:  &orders.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("ORDERS_TABLE")},
		answers: httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN"), Layout: httpapi.StatusDescription},
		callers: caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
