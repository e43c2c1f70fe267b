// Package sqsbatch handles the messages of an SQS batch each on its own, for an event source mapping with
// ReportBatchItemFailures: what was handled is deleted from the queue, and what failed, and only that, comes
// back after its visibility timeout, until the queue's redrive policy moves it to the dead-letter queue.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
package sqsbatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/deadline"
)

// Handle does the work of one message. It may be called for several messages at once, and again for the same
// message later. It should end when ctx does.
type Handle func(ctx context.Context, m events.SQSMessage) error

var errDeadline = errors.New("the invocation's deadline is near")

// Process calls handle for every message, at most limit at a time, and reports those that failed: an error, a
// panic, or not done near the deadline of ctx. One message's failure touches no other.
func Process(ctx context.Context, batch events.SQSEvent, limit int, handle Handle) events.SQSEventResponse {
	// An invocation that timed out would bring the handled messages back as well.
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()

	type result struct {
		index int
		err   error
	}
	// Room for every result: a handler that outlives the batch must not be left waiting for a reader.
	results := make(chan result, len(batch.Records))
	slots := make(chan struct{}, limit)
	go func() {
		for i, m := range batch.Records {
			select {
			case <-ctx.Done():
				return
			case slots <- struct{}{}:
			}
			go func() {
				defer func() { <-slots }()
				results <- result{i, guarded(ctx, handle, m)}
			}()
		}
	}()

	errs := make([]error, len(batch.Records))
	for i := range errs {
		errs[i] = errDeadline
	}
wait:
	for range batch.Records {
		select {
		case r := <-results:
			errs[r.index] = r.err
		case <-ctx.Done():
			break wait
		}
	}
	return report(ctx, batch, errs)
}

func report(ctx context.Context, batch events.SQSEvent, errs []error) events.SQSEventResponse {
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

// guarded turns a panic into the failure of its message: unguarded, it would end the process and fail the batch.
func guarded(ctx context.Context, handle Handle, m events.SQSMessage) (err error) {
	_ = growStack(0)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle(ctx, m)
}

// growStack gives a new goroutine the stack that a call of an AWS SDK needs, in one step while the stack is empty.
// Growing bit by bit, with ever more frames to move, took a sixth of a consumer's time.
//
//go:noinline
func growStack(i int) byte {
	var room [24 << 10]byte
	return room[i]
}
