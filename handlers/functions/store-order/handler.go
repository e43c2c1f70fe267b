package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// maxConcurrent is how many messages of a batch are stored concurrently: all of a batch of the default size.
const maxConcurrent = 10

type handler struct {
	queue  *sqsbatch.Queue
	orders *store.Writer
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.store), nil
}

func (h *handler) store(ctx context.Context, m events.SQSMessage) error {
	o, err := coffee.ParseMessage([]byte(m.Body))
	if err != nil {
		return permanent.Error(err)
	}
	span := trace.FromContext(ctx)
	span.Order(o.Order.OrderID, o.Order.AccountID, o.Order.VendorID)
	stored, err := h.orders.Consume(ctx, o.Order, o.Accepted, slog.With("messageId", m.MessageId))
	var tooOld *coffee.InvalidOrder
	if errors.As(err, &tooOld) {
		return permanent.Error(err)
	}
	if err == nil {
		span.Outcome(outcome(stored))
	}
	return err
}

func outcome(stored bool) string {
	if stored {
		return "stored"
	}
	return "superseded"
}
