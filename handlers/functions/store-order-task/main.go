// Command store-order-task is the Orchestrator's task that applies an order event, placed or completed, to a DynamoDB table.
//
// Input: {"orderid", "requestid", "accepted": when the API accepted the request, "execution", "attempt": the number of previous attempts,
// "order": the order as the client sent it}. An orderid of the order itself takes precedence. Output: {"order": the order in its canonical
// form, with its orderid, "stored"}; stored is false if the table has a newer event. The task is idempotent.
//
// If AUTH is jwt and the input has a "caller" that is not empty, the order must belong to that account.
//
// The log line of the first attempt counts the order as accepted, for any outcome, because the API starts the execution without a function.
// An execution whose first attempt does not reach the function is not counted.
//
// Errors: InvalidOrder, NotAllowed, StoreRefused; StoreUnavailable, which is the only one worth a retry.
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
