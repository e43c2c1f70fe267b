package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
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
	ctx, span := httpapi.Begin(ctx, r, "append order")
	defer span.End()
	accepted := h.now()
	o, fault := orderapi.ParseOrder(ctx, r, accepted)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	if fault := h.callers.Allow(ctx, r, o.AccountID); fault != nil {
		return h.answers.Fail(fault), nil
	}
	place, err := h.append(ctx, o, accepted)
	if err != nil {
		return h.answers.Fail(orderapi.NotAccepted(ctx, "order not appended", err)), nil
	}
	return h.answers.JSON(http.StatusAccepted, orderapi.Accepted(ctx, o, "order appended", place...)), nil
}

// append puts the order's event into the stream, and returns its position for the log. The partition key is the account: the events of one
// account are in one shard, in order, and different accounts are distributed over the shards. The SDK retries when a shard throttles. If
// that puts the record twice, both have the same event id.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
func (h *handler) append(ctx context.Context, o coffee.Order, accepted time.Time) (place []any, err error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("making an event id: %w", err)
	}
	e := event.New(o, id, accepted)
	e.Trace = trace.Header(ctx)
	data, err := e.JSON()
	if err != nil {
		return nil, err
	}
	out, err := h.stream.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamARN: aws.String(h.streamARN), PartitionKey: aws.String(o.AccountID), Data: data,
	})
	if err != nil {
		return nil, err
	}
	return []any{"eventId", id.String(), "shardId", aws.ToString(out.ShardId), "sequenceNumber", aws.ToString(out.SequenceNumber)}, nil
}
