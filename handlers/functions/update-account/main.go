// Command update-account is the function behind POST /account of the CheckerPipeline pattern: it sets the balance of a
// customer's account, {"customerId", "balance"}. balance is an amount of money from 0; 0 is valid.
//
// Environment: ACCOUNTS_TABLE; optional ALLOW_ORIGIN. IAM: dynamodb:UpdateItem on the table.
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
		return newHandler(dynamodb.NewFromConfig(env.AWS), env.Get("ACCOUNTS_TABLE"), env.Answers(), time.Now).Handle
	}, "ACCOUNTS_TABLE")
}

func newHandler(client *dynamodb.Client, table string, answers httpapi.Answers, now func() time.Time) *balanceapi.Handler {
	answers.Layout = httpapi.Described
	return &balanceapi.Handler{
		Ledger:  &ledger.Ledger{Client: client, Table: table, Kind: ledger.Accounts},
		Answers: answers, Now: now, Balance: balanceapi.Money,
	}
}
