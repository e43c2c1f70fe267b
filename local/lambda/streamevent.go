package lambda

import (
	"encoding/base64"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// streamRecord is a record in an event: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
type streamRecord struct {
	Kinesis           streamData `json:"kinesis"`
	EventSource       string     `json:"eventSource"`
	EventVersion      string     `json:"eventVersion"`
	EventID           string     `json:"eventID"`
	EventName         string     `json:"eventName"`
	InvokeIdentityARN string     `json:"invokeIdentityArn"`
	Region            string     `json:"awsRegion"`
	EventSourceARN    string     `json:"eventSourceARN"`
}

type streamData struct {
	SchemaVersion  string  `json:"kinesisSchemaVersion"`
	PartitionKey   string  `json:"partitionKey"`
	SequenceNumber string  `json:"sequenceNumber"`
	Data           string  `json:"data"`                        // in Base64
	Arrived        float64 `json:"approximateArrivalTimestamp"` // seconds since the epoch, to the millisecond
}

// event makes the event of a batch.
func (r *shardReader) event(items []item) []byte {
	encoded := make([][]byte, len(items))
	for i := range items {
		encoded[i] = r.encode(&items[i].Record)
	}
	return recordsEvent(encoded)
}

// encode encodes a record of an event.
func (r *shardReader) encode(rec *kinesis.Record) []byte {
	role, source := "", r.arn
	if r.m.s.account.Guesses.Other(guess.ConsumerEventSource) {
		source = r.stream
	}
	if f := r.m.s.function(r.m.function); f != nil {
		role = f.current.Load().args.Role
	}
	return strictjson.Encode(streamRecord{
		Kinesis: streamData{
			SchemaVersion: "1.0", PartitionKey: rec.PartitionKey, SequenceNumber: rec.SequenceNumber,
			Data: base64.StdEncoding.EncodeToString(rec.Data), Arrived: float64(rec.Arrived.UnixMilli()) / 1000,
		},
		EventSource: "aws:kinesis", EventVersion: "1.0", EventID: r.id + ":" + rec.SequenceNumber, EventName: "aws:kinesis:record",
		InvokeIdentityARN: role, Region: account.Region, EventSourceARN: source,
	})
}
