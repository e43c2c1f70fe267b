// Command update-stock is the function behind POST /stock of the CheckerPipeline pattern: it sets how many
// pieces of a product there are, {"productId", "balance"}. balance is a whole number from 0; 0 is valid.
//
// Environment: STOCK_TABLE; optional ALLOW_ORIGIN. IAM: dynamodb:UpdateItem on the table.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/balanceapi"
	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		return newHandler(dynamodb.NewFromConfig(env.AWS), env.Get("STOCK_TABLE"), env.Answers(), time.Now).Handle
	}, "STOCK_TABLE")
}

func newHandler(client *dynamodb.Client, table string, answers httpapi.Answers, now func() time.Time) *balanceapi.Handler {
	answers.Layout = httpapi.Described
	return &balanceapi.Handler{
		Ledger:  &ledger.Ledger{Client: client, Table: table, Kind: ledger.Stock},
		Answers: answers, Now: now, Balance: balanceapi.Pieces,
	}
}
