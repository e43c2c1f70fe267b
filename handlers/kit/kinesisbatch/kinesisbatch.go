// Package kinesisbatch handles the records of a Kinesis batch in the order of each partition key, for an event source
// mapping with ReportBatchItemFailures.
//
// A record that is not handled takes one of two ways:
//
//   - It can never succeed: the handler returns a permanent.Error. The record is sent to the reader's failure
//     queue, with the error, and counts as handled.
//   - It may succeed later, which is every other error. It fails the batch. Lambda delivers the batch again from the
//     checkpoint on, which is the lowest sequence number reported, until the retries are used up or the records are too old.
//     Then it sends the position of the failing records to the on-failure destination, which is the same queue.
//
// Lambda's documentation does not say what becomes of a batch whose first record is the checkpoint. Nothing depends on it
// here, because no record fails for ever.
//
// All records from the checkpoint on are handled again, also those of other keys that succeeded. The handling of a record
// must be idempotent.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
package kinesisbatch

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// Handle handles one record. It may be called for records of several keys at once, but for one record of a key at a
// time, and again for the same record later. It should return when ctx ends.
type Handle func(ctx context.Context, r events.KinesisEventRecord) error

// Process calls handle for the records: one after the other for the records of one partition key, and concurrently for at
// most limit keys. A key stops at its first failure that may pass, because later records must not overtake it; other keys go
// on. Such a failure is an error that is not permanent, a panic, or a record that is not done shortly before the deadline of
// ctx. The answer names the first record of the batch that failed in this way, or could not be sent to the failure queue.
//
// Records that can never succeed are sent at the end, and only those before the first failure. Those after it are handled
// again, and would be sent with every delivery of the batch.
func (r *Reader) Process(ctx context.Context, batch events.KinesisEvent, limit int, handle Handle) events.KinesisEventResponse {
	keys := byKey(batch)
	// After a time-out Lambda would deliver the records before the checkpoint again, too.
	errs := parallel.Do(ctx, len(keys), limit, func(ctx context.Context, i int) error {
		return keys[i].handle(ctx, batch, handle)
	})
	checkpoint := len(batch.Records)
	refused := map[int]error{} // why a record can never succeed, by its index in the batch
	for i, k := range keys {
		done := int(k.done.Load())
		for n, err := range k.refused[:done] {
			if err != nil {
				refused[k.records[n]] = err
			}
		}
		if done == len(k.records) {
			continue
		}
		failed := k.records[done]
		logFailure(ctx, batch.Records[failed], errs[i])
		checkpoint = min(checkpoint, failed)
	}
	checkpoint = r.sendRefused(ctx, batch, refused, checkpoint)
	// Never null: an empty list is the documented way to report success.
	response := events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}
	if checkpoint < len(batch.Records) {
		// A batch is from one shard and in its order, so the first record has the lowest sequence number.
		response.BatchItemFailures = append(response.BatchItemFailures,
			events.KinesisBatchItemFailure{ItemIdentifier: batch.Records[checkpoint].Kinesis.SequenceNumber})
	}
	return response
}

// sendRefused sends the records before the checkpoint that can never succeed to the failure queue, in their order. The first
// one that cannot be sent is the new checkpoint.
func (r *Reader) sendRefused(ctx context.Context, batch events.KinesisEvent, refused map[int]error, checkpoint int) int {
	ctx, cancel := deadline.Ahead(ctx) // in the time that is left
	defer cancel()
	for i, rec := range batch.Records[:checkpoint] {
		cause := refused[i]
		if cause == nil {
			continue
		}
		if err := r.send(ctx, rec, cause); err != nil {
			logFailure(ctx, rec, err)
			return i
		}
		slog.ErrorContext(ctx, "record can never succeed; it was sent to the failure queue", attributes(rec, cause)...)
	}
	return checkpoint
}

func logFailure(ctx context.Context, rec events.KinesisEventRecord, err error) {
	slog.ErrorContext(ctx, "record failed; the batch will be delivered again from the first such record", attributes(rec, err)...)
}

func attributes(rec events.KinesisEventRecord, err error) []any {
	return []any{
		"sequenceNumber", rec.Kinesis.SequenceNumber, "partitionKey", rec.Kinesis.PartitionKey, "eventID", rec.EventID, "error", err.Error(),
	}
}

// key has the records of one partition key.
type key struct {
	records []int // indexes in the batch, ascending
	// refused is why a record can never succeed, or nil. It is valid for the first done records.
	refused []error
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
	for _, k := range keys {
		k.refused = make([]error, len(k.records))
	}
	return keys
}

// handle handles one record after the other, until one fails that may succeed later, or ctx ends.
func (k *key) handle(ctx context.Context, batch events.KinesisEvent, handle Handle) error {
	for n, i := range k.records {
		// The answer may have been sent already. Then Lambda will deliver this record again.
		if ctx.Err() != nil {
			return parallel.ErrDeadline
		}
		err := handle(ctx, batch.Records[i])
		if err != nil && !permanent.Is(err) {
			return err
		}
		k.refused[n] = err
		k.done.Add(1)
	}
	return nil
}
