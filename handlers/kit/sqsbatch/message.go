package sqsbatch

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// message is a message with the fields of its log lines.
type message struct {
	events.SQSMessage
	fields logfields.Scope
}

// header is the tracing header of the sender, or "":
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func (m *message) header() string { return m.Attributes["AWSTraceHeader"] }

// context returns ctx in the trace of the sender, with the fields of the message.
func (m *message) context(ctx context.Context) context.Context {
	return m.fields.Context(trace.Join(ctx, m.header()))
}

var errPanic = errors.New("panic")

// handle handles a message within a span in the trace of its sender. On success the handler logs the outcome and adds ids.
func (q *Queue) handle(ctx context.Context, m *message, batchSize int, handle Handle) error {
	ctx, span := trace.Continue(m.fields.Context(ctx), m.header(), "message")
	cause, outcome := errPanic, "failed"
	if span != nil {
		span.Batch(batchSize)
		span.Attempt(receiveCount(m.SQSMessage))
		defer func() {
			if cause != nil && !errors.Is(cause, ErrNotYet) {
				trace.Annotate(ctx, "outcome", outcome)
				span.Fail(cause, outcome == "rejected")
			}
			span.End()
		}()
	}
	cause = handle(ctx, m.SQSMessage)
	if !permanent.Is(cause) {
		return cause
	}
	if err := q.deadLetter(ctx, m, cause); err != nil {
		return err
	}
	outcome = "rejected"
	return nil
}
