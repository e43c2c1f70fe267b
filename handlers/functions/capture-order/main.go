// Command capture-order is the function behind POST /order and POST /orders of the CheckerPipeline pattern: it checks
// the orders, stores each as Pending, and then publishes it to the SNS topic of the checks. An order that it answers with
// 200 is in the table and in the topic.
//
// A client that sends a header Idempotency-Key may repeat a request of which it does not know what became: it gives the
// same orders, and those that were stored but not published are published.
//
// Environment: ORDERS_TABLE, TOPIC_ARN; optional ALLOW_ORIGIN. IAM: dynamodb:PutItem and dynamodb:UpdateItem on the
// table; sns:Publish on the topic.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		answers := env.Answers()
		answers.Layout = httpapi.Described
		h := &handler{
			orders:  &orderbook.Book{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("ORDERS_TABLE")},
			topic:   sns.NewFromConfig(env.Retrying("Throttled")),
			arn:     env.Get("TOPIC_ARN"),
			answers: answers,
			now:     time.Now,
		}
		return h.handle
	}, "ORDERS_TABLE", "TOPIC_ARN")
}
