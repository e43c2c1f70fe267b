// Command ship-order is the CheckerPipeline's last step: it pays an order from the customer's account and takes its
// pieces from the stock, all in one transaction or nothing at all, and exactly once. An order that account or stock no
// longer suffice for is rejected.
//
// Input: {"orderId"}. It is invoked asynchronously, so an error is tried again by Lambda, twice by default, and then
// goes to the function's on-failure destination.
//
// Environment: ORDERS_TABLE, ACCOUNTS_TABLE, STOCK_TABLE. IAM: dynamodb:GetItem and dynamodb:UpdateItem on the orders;
// dynamodb:UpdateItem on the accounts and on the stock. A transaction needs the permissions of its actions, and none of
// its own.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		client := dynamodb.NewFromConfig(env.AWS)
		h := &handler{
			client:   client,
			orders:   &orderbook.Book{Client: client, Table: env.Get("ORDERS_TABLE")},
			accounts: &ledger.Ledger{Client: client, Table: env.Get("ACCOUNTS_TABLE"), Kind: ledger.Accounts},
			stock:    &ledger.Ledger{Client: client, Table: env.Get("STOCK_TABLE"), Kind: ledger.Stock},
			now:      time.Now,
		}
		return h.handle
	}, "ORDERS_TABLE", "ACCOUNTS_TABLE", "STOCK_TABLE")
}
