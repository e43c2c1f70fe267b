// Command capture-order is the function behind POST /order and POST /orders of the checker pattern. It parses the orders, announces them to
// the outbox, stores each as Pending, and then publishes it to the SNS topic of the checks. The answer 200 means that an order is in the
// table and in the topic. If the function ends between the two, relay-order publishes the order: see package outbox.
//
// A client that sends a header Idempotency-Key may repeat a request whose answer it did not get. It gets the same orders, and orders that
// were stored but not published are published.
//
// Environment: OUTBOX_QUEUE_URL, ORDERS_TABLE, TOPIC_ARN; optional ALLOW_ORIGIN, AUTH, and CHECKS as for update-order. IAM: sqs:SendMessage
// on the outbox; dynamodb:PutItem and dynamodb:UpdateItem on the table; sns:Publish on the topic.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/outbox"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		outbox:  &outbox.Queue{Client: sqs.NewFromConfig(env.AWS), URL: env.Required("OUTBOX_QUEUE_URL")},
		orders:  orders.FromEnvironment(env),
		topic:   &topic.Topic{Client: sns.NewFromConfig(env.Retrying("Throttled")), ARN: env.Required("TOPIC_ARN")},
		answers: httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN"), Layout: httpapi.StatusDescription},
		callers: caller.FromEnvironment(env),
		now:     time.Now,
	}
	env.Start(h.handle)
}
