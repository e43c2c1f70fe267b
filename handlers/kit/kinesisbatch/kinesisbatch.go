// Package kinesisbatch handles the records of a Kinesis batch in the order of each partition key, for an event source
// mapping with ReportBatchItemFailures: of a batch with a failure, Lambda hands over again everything from the
// checkpoint on, which is the lowest sequence number reported, until its retries or the records' age run out and it
// puts the failing records aside.
//
// So the records behind the checkpoint are handled again, those of other keys included, though they went well the first
// time. Whoever handles them must not mind.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
package kinesisbatch

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/sidebyside"
)

// Handle does the work of one record. It may be called for records of several keys at once, but for one record of a key
// at a time, and again for the same record later. It should end when ctx does.
type Handle func(ctx context.Context, r events.KinesisEventRecord) error

// Process calls handle for the records: those of one partition key in their order, one after the other, and at most
// limit keys side by side. A key stops at its first failure, for what follows must not overtake it; other keys go on.
// An error, a panic, and not being done near the deadline of ctx are failures. The answer names the first record of the
// batch that failed or was not done.
func Process(ctx context.Context, batch events.KinesisEvent, limit int, handle Handle) events.KinesisEventResponse {
	keys := byKey(batch)
	// An invocation that timed out would bring back the records before the checkpoint as well.
	errs := sidebyside.Do(ctx, len(keys), limit, func(ctx context.Context, i int) error {
		return keys[i].handle(ctx, batch, handle)
	})
	checkpoint := len(batch.Records)
	for i, k := range keys {
		failed, ok := k.next()
		if !ok {
			continue
		}
		r := batch.Records[failed]
		slog.ErrorContext(ctx, "record failed; the batch will be delivered again from the first such record",
			"sequenceNumber", r.Kinesis.SequenceNumber, "partitionKey", r.Kinesis.PartitionKey, "eventID", r.EventID, "error", errs[i].Error())
		checkpoint = min(checkpoint, failed)
	}
	// Never null: an empty list is the documented way to say that all is well.
	response := events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}
	if checkpoint < len(batch.Records) {
		// A batch is of one shard and in its order, so the first is also the lowest.
		response.BatchItemFailures = append(response.BatchItemFailures,
			events.KinesisBatchItemFailure{ItemIdentifier: batch.Records[checkpoint].Kinesis.SequenceNumber})
	}
	return response
}

// key is the records of one partition key.
type key struct {
	records []int        // their places in the batch, ascending
	done    atomic.Int64 // how many were handled; a handler that ignores the deadline may still count when it is read
}

// byKey sorts the records of a batch by partition key, the key that comes first in the batch first.
func byKey(batch events.KinesisEvent) []*key {
	var keys []*key
	known := map[string]*key{}
	for i, r := range batch.Records {
		k := known[r.Kinesis.PartitionKey]
		if k == nil {
			k = &key{}
			known[r.Kinesis.PartitionKey] = k
			keys = append(keys, k)
		}
		k.records = append(k.records, i)
	}
	return keys
}

// handle does the work of one record after the other, until one fails or the time is up.
func (k *key) handle(ctx context.Context, batch events.KinesisEvent, handle Handle) error {
	for _, i := range k.records {
		// The answer may have been given already: Lambda then hands this record over again.
		if ctx.Err() != nil {
			return sidebyside.ErrDeadline
		}
		if err := handle(ctx, batch.Records[i]); err != nil {
			return err
		}
		k.done.Add(1)
	}
	return nil
}

// next is the place of the first record that was not handled. It is not ok if all were.
func (k *key) next() (place int, ok bool) {
	done := int(k.done.Load())
	if done == len(k.records) {
		return 0, false
	}
	return k.records[done], true
}
