package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/httpapi"
	"github.com/order-patterns/order-patterns/handlers/order"
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

// accepted is the answer to an order that was published.
type accepted struct {
	OrderID   string `json:"orderid"`
	AccountID string `json:"accountid"`
	VendorID  string `json:"vendorid"`
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	answer, fault := h.publish(ctx, r)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	return h.answers.JSON(http.StatusAccepted, answer), nil
}

func (h *handler) publish(ctx context.Context, r httpapi.Request) (accepted, *httpapi.Error) {
	body, fault := httpapi.Body(r)
	if fault != nil {
		return accepted{}, fault
	}
	o, err := order.ParseRequest(body)
	if err != nil {
		slog.InfoContext(ctx, "order refused")
		return accepted{}, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	if err := o.AssignID(); err != nil {
		return accepted{}, failed(ctx, o, err)
	}
	message, err := o.JSON()
	if err != nil {
		return accepted{}, failed(ctx, o, err)
	}
	out, err := h.topic.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.topicARN), Message: aws.String(string(message))})
	if err != nil {
		return accepted{}, failed(ctx, o, err)
	}
	slog.InfoContext(ctx, "order published", "orderid", o.OrderID, "messageId", aws.ToString(out.MessageId))
	return accepted{OrderID: o.OrderID, AccountID: o.AccountID, VendorID: o.VendorID}, nil
}

// failed logs why an order could not be published. The client learns only that it may try again: the cause names
// resources and permissions.
func failed(ctx context.Context, o order.Order, err error) *httpapi.Error {
	slog.ErrorContext(ctx, "order not published", "orderid", o.OrderID, "error", err.Error())
	return httpapi.Errorf(http.StatusServiceUnavailable, "the order was not accepted; please try again")
}
