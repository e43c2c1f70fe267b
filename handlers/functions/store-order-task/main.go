// Command store-order-task is the Orchestrator's task that applies an order event, placed or completed, to a DynamoDB
// table.
//
// Input: {"orderid", "requestid", "accepted": when the API took the request, "order": the order as the client sent it}. If the
// order has an orderid of its own, that one counts. Output: {"order": the order in its canonical form, with its orderid, "stored"}; stored is false if the
// table holds a newer event. The task is idempotent.
//
// Errors: InvalidOrder; StoreUnavailable, which is worth a retry; StoreRefused, which is not.
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
	env := lambdaenv.Setup()
	h := &handler{orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now}}
	env.Start(h.handle)
}
