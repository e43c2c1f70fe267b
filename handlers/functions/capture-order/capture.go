package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The messages for a client whose order was not accepted. The causes, which name resources and permissions, are only for
// the log.
const (
	tryAgain        = "the order was not accepted; please try again"
	repeat          = "the order was not accepted yet; please repeat the request with the same " + checker.IdempotencyKeyHeader
	differentUnder  = "an order with other content was accepted under this " + checker.IdempotencyKeyHeader
	couldNotPublish = "The order could not be passed on to the checks"
)

// capture stores an order, and then publishes it. It is stored first because the checks must find it, and because a
// publication cannot be undone.
//
// If the function ends between the two, the order stays Pending and is not checked. The client has no answer and no id.
// If it repeats the request with the same key, the order is published.
func (h *handler) capture(ctx context.Context, key requestKey, o checker.Order, index int) (checker.Record, *httpapi.Error) {
	var err error
	if o.OrderID, err = key.orderID(o.CustomerID, index); err != nil {
		slog.ErrorContext(ctx, "order has no id", "error", err.Error())
		return checker.Record{}, unavailable(key)
	}
	work, cancel := deadline.Ahead(ctx)
	defer cancel()
	log := slog.With("orderId", o.OrderID)
	rec, err := h.orders.Create(work, checker.NewRecord(o, h.now()))
	switch {
	case errors.Is(err, orders.ErrDifferent):
		log.InfoContext(ctx, "order refused: its key was used for another one")
		return checker.Record{}, httpapi.Errorf(http.StatusUnprocessableEntity, differentUnder)
	case err != nil:
		log.ErrorContext(ctx, "order not stored", "error", err.Error())
		return checker.Record{}, unavailable(key)
	case rec.Status != checker.Pending:
		log.InfoContext(ctx, "order was captured before", "status", rec.Status)
		return rec, nil
	}
	if err := h.publish(work, rec.Order); err != nil {
		log.ErrorContext(ctx, "order not published", "error", err.Error())
		if key == "" {
			h.abandon(ctx, o.OrderID)
		}
		return checker.Record{}, unavailable(key)
	}
	log.InfoContext(ctx, "order captured")
	return rec, nil
}

func unavailable(key requestKey) *httpapi.Error {
	if key == "" {
		return httpapi.Errorf(http.StatusServiceUnavailable, tryAgain)
	}
	return httpapi.Errorf(http.StatusServiceUnavailable, repeat)
}

func (h *handler) publish(ctx context.Context, o checker.Order) error {
	message, err := o.JSON()
	if err != nil {
		return err
	}
	_, err = h.topic.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.topicARN), Message: aws.String(string(message))})
	return err
}

// abandon rejects an order that was not published, and that the client cannot repeat: without a key, its next request is
// another order. If the topic has the order all the same, the findings of the checks do not change that it is Rejected.
// ctx ends a moment after the context of the work.
func (h *handler) abandon(ctx context.Context, orderID string) {
	if _, _, err := h.orders.Reject(ctx, orderID, checker.Pending, couldNotPublish); err != nil {
		slog.ErrorContext(ctx, "order stays Pending, and is not checked", "orderId", orderID, "error", err.Error())
	}
}
