// Command get-order is the function behind GET /order: it returns the active order of a customer at a shop.
//
// Environment: TABLE_NAME; optional ALLOW_ORIGIN, AUTH. IAM: dynamodb:GetItem on the table.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		orders:  &store.Reader{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME")},
		answers: httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")},
		callers: caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
