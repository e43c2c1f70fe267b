// Command project-order is the EventStream pattern's consumer that stores the active orders: it applies each order event
// of a Kinesis batch to a DynamoDB table. The table is a projection of the stream: replaying events, from any point and
// while new ones arrive, gives the same items.
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
	env := lambdaenv.Setup()
	h := &handler{orders: &store.Writer{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Required("TABLE_NAME"), Now: time.Now}}
	env.Start(h.handle)
}
