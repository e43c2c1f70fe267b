package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// maxConcurrent is how many accounts of a batch are processed concurrently. A write mostly waits for DynamoDB, and the
// smallest memory size has little CPU.
const maxConcurrent = 10

type handler struct {
	reader *kinesisbatch.Reader
	orders *store.Writer
}

func (h *handler) handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	return h.reader.Process(ctx, batch, maxConcurrent, event.Consumer(h.project)), nil
}

func (h *handler) project(ctx context.Context, e event.Event, r events.KinesisEventRecord) error {
	_, err := h.orders.Consume(ctx, e.Order, event.Accepted(e, r))
	if _, tooOld := errors.AsType[*coffee.InvalidOrder](err); tooOld {
		return permanent.Error(err)
	}
	return err
}
