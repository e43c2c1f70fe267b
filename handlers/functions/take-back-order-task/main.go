// Command take-back-order-task is the Orchestrator's task that undoes storing an order after a later step failed. The order is then not
// active, and a late retry of storing it does not make it active again.
//
// Input: {"order": the order in its canonical form}, or the input of store-order-task if it is unknown whether the order was stored.
// Output: {"takenback"}, false if the table has another event, such as a newer order, which stays. The task is idempotent.
//
// Errors: InvalidOrder; StoreUnavailable, which is worth a retry; StoreRefused, which is not.
//
// Environment: TABLE_NAME. IAM: dynamodb:PutItem on the table, where a tombstone replaces the order.
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
