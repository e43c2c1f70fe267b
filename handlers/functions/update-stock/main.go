// Command update-stock is the function behind POST /stock of the checker pattern: it sets the number of pieces of a product, {"productId",
// "balance"}, or adds to it, {"productId", "add"}. balance is an integer from 0; add may be negative, the resulting number must not be.
//
// Environment: STOCK_TABLE; optional ALLOW_ORIGIN. IAM: dynamodb:UpdateItem, dynamodb:PutItem and dynamodb:GetItem on the table.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/setbalance"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &setbalance.Handler{
		Balances: &balances.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("STOCK_TABLE"), Kind: balances.Stock},
		Answers:  httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN"), Layout: httpapi.StatusDescription},
		Now:      time.Now,
	}
	env.Start(h.Handle)
}
