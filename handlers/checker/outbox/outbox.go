// Package outbox implements the outbox pattern for orders, with an SQS queue.
//
// capture-order writes twice: it stores an order in the table, and then publishes it to the topic of the checks. No transaction includes
// both. So it first announces the order: it sends the order's id to this queue, with a delay that is longer than the invocation. When the
// message becomes visible, relay-order reads the order. If the order is still Pending, and no finding is applied to it, relay-order
// publishes it. The message stays in the queue, and relay-order reads the order again until it is no longer Pending. The writes are:
//
//	announce (SQS) -> store (DynamoDB) -> publish (SNS) -> answer the client
//
// The invocation may end anywhere, and the answer to any write may be lost. No stored order stays unpublished:
//
//   - before the announcement, or the announcement is refused: nothing is stored. The client gets an error.
//   - after the announcement and before the order is stored: relay-order finds no order, and the message is done.
//   - after the order is stored, whether or not capture-order got the answer, and before it is published: relay-order finds it Pending, and
//     publishes it.
//   - after the publication, whether or not capture-order got the answer: relay-order finds that a finding was applied or the order is
//     decided, and does not publish it. If the checks are late, it publishes the order a second time. Checks and findings are idempotent.
//   - relay-order ends at any point: it does not delete messages itself. The message becomes visible again, and is processed again.
//
// No order stays Pending unnoticed, whatever happens to its copies in the queues of the checks. relay-order emits the age of each Pending
// order as a metric, and publishes the order again every three hours: for example, a queue whose policy was broken for a while did not get
// its copy. It does not publish on every read. In an outage of the checks, all these copies would wait in their queues, and would have to
// be processed after it. relay-order records each publication in the order. So a publication that fails is repeated on the next read, and
// one that succeeded is not. After five days the message is a dead letter.
//
// The message is not processed before the order is stored. Its delay ends [Margin] after the deadline for the work of the invocation that
// announced it, and an invocation does nothing after its deadline. A write that was in progress reaches DynamoDB within the margin. If the
// function's timeout is close to 15 minutes, the maximum of both the timeout and the delay, the margin is shorter, but at least a second:
// the work of an invocation ends that long before its timeout (see package deadline).
//
// The message is delivered at least once. Copies read the same order, so at worst it is published several times. A message has all orders
// of a request. It stays until all of them are decided; decided ones are only read.
//
// A rejected order is not published. capture-order rejects an order if it could not publish the order, or got no answer when storing it,
// and the client cannot repeat the request. The client is then told that the order was not accepted. If the rejection fails too, the order
// is published: it is unknown whether it was published before, and an order must not be lost.
//
// The alternative was a stream of the table that drives the publication. It costs the client no time. But a stream keeps a change for 24
// hours only, so an outage of a day would lose orders, and an order that fails blocks the other orders of its shard. The queue keeps a
// message for 14 days, and messages are independent.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
package outbox

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/order/checker"
)

const (
	// Margin is the time between the deadline of the invocation that announces an order and the end of the delay.
	Margin = 30 * time.Second
	// maxDelay is the longest delay that SQS allows:
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
	maxDelay = 15 * time.Minute
)

// SendMessageAPI is the part of an SQS client that a Queue uses. It needs sqs:SendMessage on the queue.
type SendMessageAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue is the outbox. All fields are required.
type Queue struct {
	Client SendMessageAPI
	URL    string
}

// Announce announces orders that will be stored and published before the deadline of ctx: 1 to checker.MaxOrders ids. It sends one request
// for all of them.
func (q *Queue) Announce(ctx context.Context, orderIDs []string) error {
	message, err := checker.EncodeReferences(orderIDs)
	if err != nil {
		return err
	}
	if _, err := q.Client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(q.URL), MessageBody: aws.String(string(message)), DelaySeconds: delay(ctx),
	}); err != nil {
		return fmt.Errorf("announcing %d orders: %w", len(orderIDs), err)
	}
	return nil
}

// delay returns the delay of a message in seconds.
func delay(ctx context.Context) int32 {
	left := maxDelay // the maximum, if there is no deadline
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, max(0, time.Until(deadline))+Margin)
	}
	return int32(math.Ceil(left.Seconds()))
}
