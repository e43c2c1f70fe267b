// Command relay-order is the checker pattern's consumer of the outbox. It reads every announced order until the order is decided.
//
// It publishes a Pending order to the SNS topic of the checks in three cases:
//
//   - No finding is applied to the order, and the outbox has not published it. capture-order stored it without publishing it, or no check has
//     processed it yet. It is published once.
//   - The order waits for no check any more, because a check was removed. It is published once, so that the next finding makes it ready.
//   - The order is still Pending three hours after the last publication, because a queue may have lost it.
//
// See package outbox.
//
// The message of a Pending order becomes visible again at the growing delays of package sqsbatch, until the order is decided: about 9 times
// in the first 15 minutes, and then 4 to 8 times an hour. Each read costs a receive and a ChangeMessageVisibility for each message, which
// has the orders of one request, and a strongly consistent read for each order: about $0.0002 for an order that is Pending for a day. After
// 1,000 receives, which take at least five days, SQS moves the message to the dead-letter queue.
//
// Each read of a Pending order writes a line with the metric SecondsPending, for an alarm. The line is not an error, because the order
// waits for others. From an age of 15 minutes it is a warning.
//
// An order that is Ready to ship is not read any more. Its finding stays in the queue of update-order until it is shipped.
//
// Environment: ORDERS_TABLE, TOPIC_ARN, QUEUE_URL, DEAD_LETTERS_URL; optional CHECKS as for update-order. IAM: dynamodb:GetItem and
// dynamodb:UpdateItem on the table; sns:Publish on the topic; sqs:ChangeMessageVisibility on its queue; sqs:SendMessage on its dead-letter
// queue; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its queue, which Lambda uses to read it.
package main

import (
	"time"

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
		orders: orders.FromEnvironment(env),
		topic:  &topic.Topic{Client: sns.NewFromConfig(env.Retrying("Throttled")), ARN: env.Required("TOPIC_ARN")},
		now:    time.Now,
	}
	env.Start(h.handle)
}
