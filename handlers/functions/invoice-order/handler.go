package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/orderevent"
)

// atOnce is how many accounts of a batch are worked on side by side: a write is mostly waiting for S3, and the smallest
// memory size comes with little CPU.
const atOnce = 10

type handler struct {
	invoices *invoice.Writer
}

func (h *handler) handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	return orderevent.Process(ctx, batch, atOnce, h.invoices.Consume), nil
}
