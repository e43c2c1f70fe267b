package lambda

import (
	"context"
	"encoding/base64"
	"sync"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// streamRun is one run of a mapping, from its start until it is halted.
type streamRun struct {
	*streamSource
	m       *mapping
	group   sync.WaitGroup
	running map[string]bool // shards that are being read, by ID
	ended   chan *shardReader
}

func (s *streamSource) run(ctx context.Context, m *mapping) {
	r := &streamRun{streamSource: s, m: m, running: map[string]bool{}, ended: make(chan *shardReader)}
	for ctx.Err() == nil {
		wait := listEvery
		if !r.startReaders(ctx) {
			wait = retryRefused
		}
		select {
		case shard := <-r.ended:
			delete(r.running, shard.id)
			if shard.lost {
				delete(m.places.shards, shard.id)
			}
		case <-s.clock.After(wait):
		case <-ctx.Done():
		}
	}
	r.group.Wait()
}

// startReaders lists the shards and starts readers of those that are ready. It reports whether it could list them.
func (r *streamRun) startReaders(ctx context.Context) bool {
	shards, err := r.list(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.m.report(problem("Kinesis", err))
		}
		return false
	}
	r.m.places.update(shards, r.start, r.running)
	for _, shard := range shards {
		if !r.ready(shard) {
			continue
		}
		r.running[shard.ID] = true
		reader := newShardReader(r.streamSource, r.m, shard.ID, r.m.places.shards[shard.ID])
		r.group.Go(func() {
			reader.run(ctx)
			select {
			case r.ended <- reader:
			case <-ctx.Done():
			}
		})
	}
	return true
}

func (r *streamRun) list(ctx context.Context) ([]kinesis.Shard, error) {
	if _, err := r.enter(ctx, r.m); err != nil {
		return nil, err
	}
	return r.streams.Shards(r.stream)
}

// ready reports whether a shard can be read now: it is not being read and not done, and its parents are done. So the records
// of a key keep their order when a stream is resharded.
func (r *streamRun) ready(shard kinesis.Shard) bool {
	if r.running[shard.ID] || r.m.places.shards[shard.ID].done() {
		return false
	}
	for _, parent := range []string{shard.ParentID, shard.AdjacentParentID} {
		if place := r.m.places.shards[parent]; r.running[parent] || place != nil && !place.done() {
			return false
		}
	}
	return true
}

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
