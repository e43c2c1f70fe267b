// Command store-order-task is the Orchestrator's task that applies an order event, placed or completed, to a DynamoDB
// table.
//
// Input: {"orderid", "requestid", "order": the order as the client sent it}. The order's own orderid counts, if it has
// one. Output: {"order": the order in its canonical form, with its orderid, "stored"}; stored is false if the table
// holds a newer event. Repeated, it has the same effect as once.
//
// Errors: InvalidOrder, StoreUnavailable, which is worth another try, and StoreRefused, which is not.
//
// Environment: TABLE_NAME. IAM: dynamodb:PutItem on the table.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		return newTask(&store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("TABLE_NAME"), Now: time.Now}).Handle
	}, "TABLE_NAME")
}
