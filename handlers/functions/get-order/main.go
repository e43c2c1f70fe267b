// Command get-order is the function behind GET /order: the active order of a customer at a shop.
//
// Environment: TABLE_NAME; optional ALLOW_ORIGIN. IAM: dynamodb:GetItem on the table.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		h := &handler{
			orders:  &store.Reader{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("TABLE_NAME")},
			answers: env.Answers(),
		}
		return h.handle
	}, "TABLE_NAME")
}
