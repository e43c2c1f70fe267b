// Package sqsbatch handles each message of an SQS batch on its own, for an event source mapping with
// ReportBatchItemFailures. Lambda deletes the handled messages from the queue. Only the failed ones become visible
// again after the visibility timeout, until the queue's redrive policy moves them to the dead-letter queue.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
package sqsbatch

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
)

// Handle handles one message. It may be called for several messages at once, and again for the same message later. It
// should return when ctx ends.
type Handle func(ctx context.Context, m events.SQSMessage) error

// Process calls handle for every message, at most limit at a time, and reports those that failed: with an error, with a
// panic, or not done shortly before the deadline of ctx. A failure of one message does not affect another.
func Process(ctx context.Context, batch events.SQSEvent, limit int, handle Handle) events.SQSEventResponse {
	// After a time-out Lambda would deliver the handled messages again, too.
	errs := parallel.Do(ctx, len(batch.Records), limit, func(ctx context.Context, i int) error {
		return handle(ctx, batch.Records[i])
	})
	// Never null: an empty list is the documented way to report success.
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, m := range batch.Records {
		if errs[i] == nil {
			continue
		}
		slog.ErrorContext(ctx, "message failed; it will be delivered again or go to the dead-letter queue",
			"messageId", m.MessageId, "receiveCount", m.Attributes["ApproximateReceiveCount"], "error", errs[i].Error())
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
	}
	return response
}
