package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// maxConcurrent is how many messages of a batch are processed concurrently: more than the default batch of five, but limited for the
// smallest memory size, which has little CPU.
const maxConcurrent = 10

type handler struct {
	queue    *sqsbatch.Queue
	invoices *invoice.Writer
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.write), nil
}

func (h *handler) write(ctx context.Context, m events.SQSMessage) error {
	o, err := coffee.ParseMessage([]byte(m.Body))
	if err != nil {
		seen.Refused(ctx, []byte(m.Body))
		return permanent.Error(err)
	}
	return h.invoices.Consume(ctx, o.Order, o.Accepted)
}
