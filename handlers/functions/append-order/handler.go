package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/handlers/coffee/accept"
	"github.com/order-patterns/order-patterns/handlers/coffee/orderevent"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// putRecordAPI is what the function needs of a Kinesis client.
type putRecordAPI interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

type handler struct {
	stream    putRecordAPI
	streamARN string
	now       func() time.Time
	answers   httpapi.Answers
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	return accept.Order(ctx, r, h.answers, "appended", h.append), nil
}

// append puts the order's event into the stream. The account is the partition key, so that its events are in one shard,
// in the order in which they came, and accounts spread over the shards. The SDK tries a throttled shard again; if that
// puts the record twice, both have the same event id.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
func (h *handler) append(ctx context.Context, o coffee.Order) (where []any, err error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("making an event id: %w", err)
	}
	data, err := orderevent.New(o, id, h.now()).JSON()
	if err != nil {
		return nil, err
	}
	out, err := h.stream.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamARN: aws.String(h.streamARN), PartitionKey: aws.String(o.AccountID), Data: data,
	})
	if err != nil {
		return nil, err
	}
	return []any{"eventid", id.String(), "shardId", aws.ToString(out.ShardId), "sequenceNumber", aws.ToString(out.SequenceNumber)}, nil
}
