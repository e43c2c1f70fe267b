// Package outbox is the queue that keeps a stored order from being forgotten.
//
// capture-order writes twice: it stores an order in the table, and then publishes it to the topic of the checks. No
// transaction spans the two. So it first announces the order: it sends the order's id to this queue, with a delay that
// outlasts the invocation. When the message becomes visible, relay-order reads the order. If the order is still Pending,
// and no finding of a check is applied to it, relay-order publishes it. The message stays, and relay-order reads the order again
// and again, until the order is not Pending any more. The writes are therefore
//
//	announce (SQS) -> store (DynamoDB) -> publish (SNS) -> answer the client
//
// Wherever the invocation ends, or an answer to a write is lost, no stored order stays unpublished:
//
//   - before the announcement, or the announcement is refused: nothing is stored. The client gets an error.
//   - after the announcement and before the order is stored: relay-order finds no order, and the message is done.
//   - after the order is stored, whether or not capture-order got the answer, and before it is published: relay-order
//     finds it Pending, and publishes it.
//   - after the publication, whether or not capture-order got the answer: relay-order finds that a finding was applied or
//     the order is decided, and publishes nothing; or the checks are late, and it publishes the order a second time. The checks
//     and their findings are idempotent.
//   - relay-order ends at any point: it deletes no message itself. The message becomes visible again, and is handled again.
//
// No order stays Pending unnoticed, whatever has become of its copies in the queues of the checks. relay-order emits the age of
// each Pending order as a metric, and publishes the order again every three hours: a queue whose policy was broken for a while has
// not got its copy, for example. It does not publish at every look. In an outage of the checks, all these copies would wait in
// their queues, and would have to be handled after it. relay-order notes each publication on the order, so that one that fails
// is tried at the next look, and one that was answered is not repeated. After five days the message is a dead letter.
//
// The message is not handled before the order is stored. Its delay ends [Margin] after the deadline for the work of the
// invocation that announced it, and nothing of an invocation goes on after its deadline. A write that was still under way
// reaches DynamoDB within the margin. If the function's timeout is close to 15 minutes, which is the longest timeout as
// well as the longest delay, the margin is smaller, but at least a second: the work of an invocation ends that much before
// its timeout (see package deadline).
//
// The message is delivered at least once. Copies read the same order, so at worst it is published several times. A message has
// all orders of a request; it stays until all of them are decided, and those that are decided are only read.
//
// A rejected order is not published. capture-order rejects an order that it could not publish, or whose storing was not
// answered, and that its client cannot repeat, because the client is told that the order was not accepted. If that fails
// too, the order is published: whether it was published before is not known, and an order must not be forgotten.
//
// The alternative was a stream of the table that drives the publication. It costs the client no time. But a stream keeps a
// change for 24 hours only, so that an outage of a day would lose orders, and an order that fails holds up the others of
// its shard. The queue keeps a message for 14 days, and each is on its own.
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

// SendMessageAPI is the part of an SQS client that a Queue uses. Needs sqs:SendMessage on the queue.
type SendMessageAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue is the outbox. All fields are required.
type Queue struct {
	Client SendMessageAPI
	URL    string
}

// Announce announces orders that are to be stored and published before the deadline of ctx: 1 to checker.MaxOrders ids. It
// is one request, whatever their number.
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
	left := maxDelay // without a deadline, the longest
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, max(0, time.Until(deadline))+Margin)
	}
	return int32(math.Ceil(left.Seconds()))
}
