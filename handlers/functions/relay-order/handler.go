package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/order/checker"
)

const (
	// maxConcurrent is how many messages of a batch are handled concurrently: all of a batch of the default size.
	maxConcurrent = 10
	// maxConcurrentOrders is how many orders of a message, which has those of one request, are looked at concurrently.
	maxConcurrentOrders = 8
)

type handler struct {
	queue  *sqsbatch.Queue
	orders *orders.Table
	topic  *topic.Topic
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.relayAll), nil
}

// relayAll handles a message. If it fails for one order, the message is handled again for all of its orders.
func (h *handler) relayAll(ctx context.Context, m events.SQSMessage) error {
	ids, err := checker.ParseReferences([]byte(m.Body))
	if err != nil {
		return permanent.Error(err)
	}
	return errors.Join(parallel.Do(ctx, len(ids), maxConcurrentOrders, func(ctx context.Context, i int) error {
		return h.relay(ctx, ids[i], slog.With("orderId", ids[i], "messageId", m.MessageId))
	})...)
}

func (h *handler) relay(ctx context.Context, orderID string, log *slog.Logger) error {
	rec, err := h.orders.Get(ctx, orderID)
	if errors.Is(err, orders.ErrNotFound) {
		log.InfoContext(ctx, "order was announced and not stored: nothing to do")
		return nil
	}
	if err != nil {
		return err
	}
	// A finding comes from a check, which got the order from the topic.
	if rec.Status != checker.Pending || rec.AccountChecked || rec.StockChecked {
		log.InfoContext(ctx, "order was published: nothing to do", "status", rec.Status)
		return nil
	}
	if err := h.topic.Publish(ctx, rec.Order); err != nil {
		return err
	}
	log.InfoContext(ctx, "order published by the outbox", "createdAt", rec.CreatedAt)
	return nil
}
