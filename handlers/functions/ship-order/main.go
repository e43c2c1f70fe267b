// Command ship-order is the checker pattern's last step: in one transaction, exactly once per order, it subtracts the order's total from
// the customer's account and its pieces from the stock. An order for which account or stock are no longer sufficient is rejected.
//
// Input: {"orderId"}. The invocation is asynchronous: after an error Lambda retries it, twice by default, and then sends it to the
// function's on-failure destination.
//
// Environment: ORDERS_TABLE, ACCOUNTS_TABLE, STOCK_TABLE. IAM: dynamodb:GetItem and dynamodb:UpdateItem on the orders; dynamodb:UpdateItem
// on the accounts and on the stock. A transaction needs only the permissions of its actions.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	client := dynamodb.NewFromConfig(env.AWS)
	h := &handler{
		client:   client,
		orders:   &orders.Table{Client: client, Name: env.Required("ORDERS_TABLE")},
		accounts: &balances.Table{Client: client, Name: env.Required("ACCOUNTS_TABLE"), Kind: balances.Accounts},
		stock:    &balances.Table{Client: client, Name: env.Required("STOCK_TABLE"), Kind: balances.Stock},
		now:      time.Now,
	}
	env.Start(h.handle)
}
