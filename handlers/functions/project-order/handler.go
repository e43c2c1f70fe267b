package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/orderevent"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// atOnce is how many accounts of a batch are worked on side by side: a write is mostly waiting for DynamoDB, and the
// smallest memory size comes with little CPU.
const atOnce = 10

type handler struct {
	orders *store.Writer
}

func (h *handler) handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	return orderevent.Process(ctx, batch, atOnce, h.project), nil
}

func (h *handler) project(ctx context.Context, o coffee.Order, log *slog.Logger) error {
	_, err := h.orders.Consume(ctx, o, log)
	return err
}
