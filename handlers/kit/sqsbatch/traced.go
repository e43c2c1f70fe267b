package sqsbatch

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

var errPanic = errors.New("panic")

// traced handles a message within a span, which is linked to the trace of the message. The handler adds the order and the
// outcome of a success to it.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func (q *Queue) traced(ctx context.Context, m events.SQSMessage, batchSize int, handle Handle) error {
	ctx, span := trace.Start(ctx, "message")
	cause := errPanic
	if span != nil {
		span.Link(m.Attributes["AWSTraceHeader"])
		span.Batch(batchSize)
		span.Attempt(receiveCount(m))
		defer func() {
			switch {
			case permanent.Is(cause):
				span.Outcome("rejected")
			case cause != nil:
				span.Outcome("failed")
			}
			span.Fail(cause, permanent.Is(cause))
			span.End()
		}()
	}
	cause = handle(ctx, m)
	if permanent.Is(cause) {
		return q.deadLetter(ctx, m, cause)
	}
	return cause
}
