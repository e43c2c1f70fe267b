package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
)

// maxConcurrent is how many accounts of a batch are processed concurrently. A write mostly waits for S3, and the smallest
// memory size has little CPU.
const maxConcurrent = 10

type handler struct {
	reader   *kinesisbatch.Reader
	invoices *invoice.Writer
}

func (h *handler) handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	return h.reader.Process(ctx, batch, maxConcurrent, event.Consumer(h.write)), nil
}

func (h *handler) write(ctx context.Context, e event.Event, r events.KinesisEventRecord) error {
	return h.invoices.Consume(ctx, e.Order, event.Accepted(e, r))
}
