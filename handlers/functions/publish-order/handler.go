package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/coffee/accept"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// publishAPI is what the function needs of an SNS client.
type publishAPI interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

type handler struct {
	topic    publishAPI
	topicARN string
	answers  httpapi.Answers
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	return accept.Order(ctx, r, h.answers, "published", h.publish), nil
}

func (h *handler) publish(ctx context.Context, o coffee.Order) (where []any, err error) {
	message, err := o.JSON()
	if err != nil {
		return nil, err
	}
	out, err := h.topic.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.topicARN), Message: aws.String(string(message))})
	if err != nil {
		return nil, err
	}
	return []any{"messageId", aws.ToString(out.MessageId)}, nil
}
