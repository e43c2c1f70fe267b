// Package sqsbatch handles the messages of an SQS batch each on its own, for an event source mapping with
// ReportBatchItemFailures: what was handled is deleted from the queue, and what failed, and only that, comes
// back after its visibility timeout, until the queue's redrive policy moves it to the dead-letter queue.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
package sqsbatch

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/sidebyside"
)

// Handle does the work of one message. It may be called for several messages at once, and again for the same
// message later. It should end when ctx does.
type Handle func(ctx context.Context, m events.SQSMessage) error

// Process calls handle for every message, at most limit at a time, and reports those that failed: an error, a
// panic, or not done near the deadline of ctx. One message's failure touches no other.
func Process(ctx context.Context, batch events.SQSEvent, limit int, handle Handle) events.SQSEventResponse {
	// An invocation that timed out would bring the handled messages back as well.
	errs := sidebyside.Do(ctx, len(batch.Records), limit, func(ctx context.Context, i int) error {
		return handle(ctx, batch.Records[i])
	})
	// Never null: an empty list is the documented way to say that all is well.
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
