package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// putRecordAPI is the part of a Kinesis client that the function uses.
type putRecordAPI interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

type handler struct {
	stream    putRecordAPI
	streamARN string
	now       func() time.Time
	answers   httpapi.Answers
	callers   caller.Check
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	accepted := h.now()
	o, fault := orderapi.ParseOrder(ctx, r, accepted)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	if fault := h.callers.Allow(ctx, r, o.AccountID); fault != nil {
		return h.answers.Fail(fault), nil
	}
	if err := h.append(ctx, o, accepted); err != nil {
		slog.ErrorContext(ctx, "order not appended", "orderid", o.OrderID, "error", err.Error())
		return h.answers.Fail(orderapi.NotAccepted()), nil
	}
	return h.answers.JSON(http.StatusAccepted, orderapi.Accepted(o)), nil
}

// append puts the order's event into the stream. The partition key is the account: the events of an account are in one
// shard, in their order, and different accounts spread over the shards. The SDK retries when a shard throttles. If that
// puts the record twice, both have the same event id.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
func (h *handler) append(ctx context.Context, o coffee.Order, accepted time.Time) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("making an event id: %w", err)
	}
	data, err := event.New(o, id, accepted).JSON()
	if err != nil {
		return err
	}
	out, err := h.stream.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamARN: aws.String(h.streamARN), PartitionKey: aws.String(o.AccountID), Data: data,
	})
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "order appended", "orderid", o.OrderID, "eventid", id.String(),
		"shardId", aws.ToString(out.ShardId), "sequenceNumber", aws.ToString(out.SequenceNumber))
	return nil
}
