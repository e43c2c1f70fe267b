// Command project-order is the EventStream pattern's reader that keeps the active orders: it applies each order event
// of a Kinesis batch to a DynamoDB table. The table is a projection of the stream: applied again, from whichever point
// and beside new ones, the events give the same items.
//
// Environment: TABLE_NAME. IAM: dynamodb:PutItem on the table; reading the stream, which Lambda does with this role.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		h := &handler{orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("TABLE_NAME"), Now: time.Now}}
		return h.handle
	}, "TABLE_NAME")
}
