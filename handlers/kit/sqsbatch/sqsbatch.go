// Package sqsbatch processes each message of an SQS batch independently, for an event source mapping with ReportBatchItemFailures. Lambda
// deletes the messages that are done from the queue. A message that fails is treated in one of two ways:
//
//   - It can never succeed: the handler returns a permanent.Error. The message is sent to the dead-letter queue at once, with the error, and
//     counts as done.
//   - It may succeed later, which is every other error. It is reported as failed and stays in the queue. It becomes visible again after a
//     delay that grows with each receive up to MaxDelay. MaxDelay is long enough that 1,000 receives, the maximum of a redrive policy, take
//     at least five days. So an outage of a day needs no manual action. It is short enough that the message is processed soon after the
//     outage. A message that waits for something is treated in the same way, with ErrNotYet.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
package sqsbatch

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
)

// API is the part of an SQS client that a Queue uses. It needs sqs:ChangeMessageVisibility on the queue and sqs:SendMessage on its
// dead-letter queue.
type API interface {
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue is the queue of the batches. All fields are required.
type Queue struct {
	Client         API
	URL            string
	DeadLettersURL string
}

// New returns a queue. The variables QUEUE_URL and DEAD_LETTERS_URL are its URL and that of its dead-letter queue.
func New(env *lambdaenv.Env) *Queue {
	return &Queue{Client: sqs.NewFromConfig(env.AWS), URL: env.Required("QUEUE_URL"), DeadLettersURL: env.Required("DEAD_LETTERS_URL")}
}

// Handle processes one message. It may be called concurrently for several messages, and again for the same message later. It should return
// when ctx ends. Fields that it adds to ctx by trace.Annotate, such as an id, are also in the lines that Process logs about the message.
type Handle func(ctx context.Context, m events.SQSMessage) error

// ErrNotYet is returned by a Handle for a message that must be delivered again later, although nothing failed. The handler logs the reason.
var ErrNotYet = errors.New("not yet")

// Handler returns the function of a consumer, for lambdaenv.Env.Start. It processes each batch with handle: see [Queue.Process].
func (q *Queue) Handler(limit int, handle Handle) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		return q.Process(ctx, batch, limit, handle), nil
	}
}

// Process calls handle for every message, at most limit at a time. It reports the messages that failed and may succeed later: with an error
// that is not permanent, with a panic, or not done shortly before the deadline of ctx. It also reports a message that cannot be sent to the
// dead-letter queue. A failure of one message does not affect another.
func (q *Queue) Process(ctx context.Context, batch events.SQSEvent, limit int, handle Handle) events.SQSEventResponse {
	messages := make([]message, len(batch.Records))
	for i, m := range batch.Records {
		messages[i].SQSMessage = m
		messages[i].fields.Add("messageId", m.MessageId)
	}
	// After a timeout, Lambda would also deliver the messages again that are done.
	errs := parallel.Do(ctx, len(messages), limit, func(ctx context.Context, i int) error {
		return q.handle(ctx, &messages[i], len(messages), handle)
	})
	// Never null: an empty list is the documented way to report success.
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var failed []*message
	for i := range messages {
		if errs[i] == nil {
			continue
		}
		m := &messages[i]
		if !errors.Is(errs[i], ErrNotYet) {
			metric.Log(m.context(ctx), slog.LevelError, "message failed; it will be delivered again", failing(m.SQSMessage),
				"receiveCount", receiveCount(m.SQSMessage), "outcome", "failed", "error", errs[i])
		}
		failed = append(failed, m)
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
	}
	// In the remaining time. A message that was not done before the deadline is delayed, too.
	for i, err := range parallel.Do(ctx, len(failed), limit, func(ctx context.Context, i int) error {
		return q.delay(failed[i].context(ctx), failed[i].SQSMessage)
	}) {
		if err != nil {
			slog.WarnContext(failed[i].context(ctx), "message cannot be delayed; it will be delivered again after the queue's visibility timeout",
				"error", err)
		}
	}
	return response
}
