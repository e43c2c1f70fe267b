// Command relay-order is the checker pattern's consumer of the outbox: it watches every announced order until it is decided.
// An order that is Pending and to which no finding is applied is published to the SNS topic of the checks, once: capture-order
// stored it and did not publish it, or no check has got to it yet. An order that stays Pending is published again every three
// hours, because a queue may have lost it. So is, once and at once, one that waits for no check any more, because the check was
// removed: the next finding makes it ready. See package outbox.
//
// The message of a Pending order becomes visible again at the growing intervals of package sqsbatch, until the order is decided: at
// some 9 looks in the first quarter of an hour, and then at 4 to 8 an hour. A look costs a receive and a ChangeMessageVisibility
// for each message, which has the orders of one request, and a strongly consistent read for each order: some $0.0002 for an order
// that is Pending for a day. After 1,000 looks, which take five days at least, SQS moves the message to the dead-letter queue.
// Each look at a Pending order has a line with the metric SecondsPending, so that an alarm sees it. The line is no error: the order
// waits, and relay-order has done its part. From an age of 15 minutes on it is a warning.
//
// An order that is Ready to ship is not watched. Its finding stays in the queue of update-order until it is shipped.
//
// Environment: ORDERS_TABLE, TOPIC_ARN, QUEUE_URL, DEAD_LETTERS_URL; optional CHECKS, as of update-order. IAM: dynamodb:GetItem and dynamodb:UpdateItem on the table;
// sns:Publish on the topic; sqs:ChangeMessageVisibility on its queue; sqs:SendMessage on its dead-letter queue; sqs:ReceiveMessage,
// sqs:DeleteMessage and sqs:GetQueueAttributes on its queue, which Lambda uses to read it.
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
