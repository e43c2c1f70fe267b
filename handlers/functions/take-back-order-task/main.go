// Command take-back-order-task is the Orchestrator's task that undoes the storing of an order of which a later step
// failed. The order is then no active order, and a try to store it that comes late does not make it one again.
//
// Input: {"order": the order in its canonical form}; the input of store-order-task does as well, for an order of which
// it is not known whether it was stored. Output: {"takenback"}, false if the table holds another event, such as a newer
// order, which survives. Repeated, it has the same effect, and gives the same answer, as once.
//
// Errors: InvalidOrder, StoreUnavailable, which is worth another try, and StoreRefused, which is not.
//
// Environment: TABLE_NAME. IAM: dynamodb:PutItem on the table, where a tombstone takes the place of the order.
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
