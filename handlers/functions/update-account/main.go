// Command update-account is the function behind POST /account of the checker pattern: it sets the balance of a customer's account,
// {"customerId", "balance"}, or adds to it, {"customerId", "add"}. balance is an amount of money from 0; add may be negative, the resulting
// balance must not be.
//
// Environment: ACCOUNTS_TABLE; optional ALLOW_ORIGIN. IAM: dynamodb:UpdateItem, dynamodb:PutItem and dynamodb:GetItem on the table.
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
		Balances: &balances.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("ACCOUNTS_TABLE"), Kind: balances.Accounts},
		Answers:  httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN"), Layout: httpapi.StatusDescription},
		Now:      time.Now,
	}
	env.Start(h.Handle)
}
