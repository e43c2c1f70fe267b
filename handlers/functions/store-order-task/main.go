// Command store-order-task is the Orchestrator's task that applies an order event, placed or completed, to a DynamoDB
// table.
//
// Input: {"orderid", "requestid", "accepted": when the API took the request, "execution", "attempt": how often the task was tried
// before, "order": the order as the client sent it}. If the order has an orderid of its own, that one counts. Output: {"order": the order in its canonical form, with its orderid, "stored"}; stored is false if the
// table holds a newer event. The task is idempotent.
//
// If AUTH is jwt and the input has a "caller" that is not empty, the account of the one who placed the order, the order must be of that account.
//
// The line of the outcome of the first attempt, whatever that is, counts the order as accepted: the API starts the execution
// without a function. An execution whose first attempt does not get to the function is not counted.
//
// Errors: InvalidOrder, NotAllowed, StoreRefused; StoreUnavailable, which alone is worth a retry.
//
// Environment: TABLE_NAME; optional AUTH. IAM: dynamodb:PutItem on the table.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		orders:  &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now},
		callers: caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
