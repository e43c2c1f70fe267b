package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// publishAPI is the part of an SNS client that the function uses.
type publishAPI interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

type handler struct {
	topic    publishAPI
	topicARN string
	now      func() time.Time
	answers  httpapi.Answers
	callers  caller.Check
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "publish order")
	defer span.End()
	accepted := h.now()
	o, fault := orderapi.ParseOrder(ctx, r, accepted)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	if fault := h.callers.Allow(ctx, r, o.AccountID); fault != nil {
		return h.answers.Fail(fault), nil
	}
	place, err := h.publish(ctx, o, accepted)
	if err != nil {
		return h.answers.Fail(orderapi.NotAccepted(ctx, "order not published", err)), nil
	}
	return h.answers.JSON(http.StatusAccepted, orderapi.Accepted(ctx, o, "order published", place...)), nil
}

// publish publishes the order, and returns the id of its message for the log.
func (h *handler) publish(ctx context.Context, o coffee.Order, accepted time.Time) (place []any, err error) {
	message, err := coffee.Message{Order: o, Accepted: accepted}.JSON()
	if err != nil {
		return nil, err
	}
	out, err := h.topic.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.topicARN), Message: aws.String(string(message))})
	if err != nil {
		return nil, err
	}
	return []any{"messageId", aws.ToString(out.MessageId)}, nil
}
