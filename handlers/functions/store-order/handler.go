package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
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
		seen.Refused(ctx, []byte(m.Body))
		return permanent.Error(err)
	}
	_, err = h.orders.Consume(ctx, o.Order, o.Accepted)
	if _, tooOld := errors.AsType[*coffee.InvalidOrder](err); tooOld {
		return permanent.Error(err)
	}
	return err
}
