// Package kinesisbatch handles the records of a Kinesis batch in the order of each partition key, for an event source
// mapping with ReportBatchItemFailures. If a record fails, Lambda delivers the batch again from the checkpoint on, which
// is the lowest sequence number reported. It does so until the retries are used up or the records are too old, and then
// sends the failing records to the on-failure destination.
//
// All records after the checkpoint are handled again, also those of other keys that succeeded. The handling of a record
// must be idempotent.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
package kinesisbatch

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
)

// Handle handles one record. It may be called for records of several keys at once, but for one record of a key at a
// time, and again for the same record later. It should return when ctx ends.
type Handle func(ctx context.Context, r events.KinesisEventRecord) error

// Process calls handle for the records: one after the other for the records of one partition key, and concurrently for
// at most limit keys. A key stops at its first failure, because later records must not overtake it; other keys go on. A
// failure is an error, a panic, or a record that is not done shortly before the deadline of ctx. The answer names the
// first record of the batch that failed or was not done.
func Process(ctx context.Context, batch events.KinesisEvent, limit int, handle Handle) events.KinesisEventResponse {
	keys := byKey(batch)
	// After a time-out Lambda would deliver the records before the checkpoint again, too.
	errs := parallel.Do(ctx, len(keys), limit, func(ctx context.Context, i int) error {
		return keys[i].handle(ctx, batch, handle)
	})
	checkpoint := len(batch.Records)
	for i, k := range keys {
		failed, ok := k.firstUndone()
		if !ok {
			continue
		}
		r := batch.Records[failed]
		slog.ErrorContext(ctx, "record failed; the batch will be delivered again from the first such record",
			"sequenceNumber", r.Kinesis.SequenceNumber, "partitionKey", r.Kinesis.PartitionKey, "eventID", r.EventID, "error", errs[i].Error())
		checkpoint = min(checkpoint, failed)
	}
	// Never null: an empty list is the documented way to report success.
	response := events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}
	if checkpoint < len(batch.Records) {
		// A batch is from one shard and in its order, so the first record has the lowest sequence number.
		response.BatchItemFailures = append(response.BatchItemFailures,
			events.KinesisBatchItemFailure{ItemIdentifier: batch.Records[checkpoint].Kinesis.SequenceNumber})
	}
	return response
}

// key has the records of one partition key.
type key struct {
	records []int        // indexes in the batch, ascending
	done    atomic.Int64 // how many were handled; a handler that ignores the deadline may increment it after the answer
}

// byKey groups the records of a batch by partition key, in the order of each key's first record.
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

// handle handles one record after the other, until one fails or ctx ends.
func (k *key) handle(ctx context.Context, batch events.KinesisEvent, handle Handle) error {
	for _, i := range k.records {
		// The answer may have been sent already. Then Lambda will deliver this record again.
		if ctx.Err() != nil {
			return parallel.ErrDeadline
		}
		if err := handle(ctx, batch.Records[i]); err != nil {
			return err
		}
		k.done.Add(1)
	}
	return nil
}

// firstUndone returns the index of the first record that was not handled. It is not ok if all were.
func (k *key) firstUndone() (index int, ok bool) {
	done := int(k.done.Load())
	if done == len(k.records) {
		return 0, false
	}
	return k.records[done], true
}
