// Command relay-order is the checker pattern's consumer of the outbox: it publishes those of the announced orders that
// are stored and still Pending, and to which no finding is applied, to the SNS topic of the checks. These are the orders
// that capture-order stored and did not publish, and those that no check has got to yet. See package outbox.
//
// Environment: ORDERS_TABLE, TOPIC_ARN, QUEUE_URL, DEAD_LETTERS_URL. IAM: dynamodb:GetItem on the table; sns:Publish on the
// topic; sqs:ChangeMessageVisibility on its queue; sqs:SendMessage on its dead-letter queue; sqs:ReceiveMessage,
// sqs:DeleteMessage and sqs:GetQueueAttributes on its queue, which Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		queue:  sqsbatch.New(env),
		orders: &orders.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("ORDERS_TABLE")},
		topic:  &topic.Topic{Client: sns.NewFromConfig(env.Retrying("Throttled")), ARN: env.Required("TOPIC_ARN")},
	}
	env.Start(h.handle)
}
