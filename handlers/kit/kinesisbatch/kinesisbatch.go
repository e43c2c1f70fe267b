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
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Parse reads a record. It returns the tracing header that the record carries, or "", and what handles it: for a record that
// cannot be parsed, a Handle that returns a permanent.Error.
type Parse func(r events.KinesisEventRecord) (header string, handle Handle)

// Handle handles one record. It may be called for records of several keys at once, but for one record of a key at a
// time, and again for the same record later. It should return when ctx ends. What it adds to ctx by trace.Annotate, such as an
// id, is also in the lines that Process logs about the record.
type Handle func(ctx context.Context) error

// Handler returns the function of a reader, for lambdaenv.Env.Start: it processes each batch by parse. See [Reader.Process].
func (r *Reader) Handler(limit int, parse Parse) func(context.Context, events.KinesisEvent) (events.KinesisEventResponse, error) {
	return func(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
		return r.Process(ctx, batch, limit, parse), nil
	}
}

// Each is a Parse for records that carry no tracing header: handle parses and handles a record.
func Each(handle func(ctx context.Context, r events.KinesisEventRecord) error) Parse {
	return func(r events.KinesisEventRecord) (header string, _ Handle) {
		return "", func(ctx context.Context) error { return handle(ctx, r) }
	}
}

// Process parses and handles the records: one after the other for the records of one partition key, and concurrently for at
// most limit keys. A key stops at its first failure that may pass, because later records must not overtake it; other keys go
// on. Such a failure is an error that is not permanent, a panic, or a record that is not done shortly before the deadline of
// ctx. The answer names the first record of the batch that failed in this way, or could not be sent to the failure queue.
//
// Records that can never succeed are sent at the end, and only those before the first failure. Those after it are handled
// again, and would be sent with every delivery of the batch.
func (r *Reader) Process(ctx context.Context, batch events.KinesisEvent, limit int, parse Parse) events.KinesisEventResponse {
	records, keys := byKey(batch)
	// After a time-out Lambda would deliver the records before the checkpoint again, too.
	errs := parallel.Do(ctx, len(keys), limit, func(ctx context.Context, i int) error {
		return keys[i].handle(ctx, records, parse)
	})
	checkpoint := len(batch.Records)
	refused := map[int]refusal{} // the records that can never succeed, by their index in the batch
	for i, k := range keys {
		done := int(k.done.Load())
		for n, why := range k.refused[:done] {
			if why.cause != nil {
				refused[k.records[n]] = why
			}
		}
		if done == len(k.records) {
			continue
		}
		failed := k.records[done]
		records[failed].logFailure(ctx, errs[i])
		checkpoint = min(checkpoint, failed)
	}
	checkpoint = r.sendRefused(ctx, records, refused, checkpoint)
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
func (r *Reader) sendRefused(ctx context.Context, records []record, refused map[int]refusal, checkpoint int) int {
	ctx, cancel := deadline.Ahead(ctx) // in the time that is left
	defer cancel()
	for i := range records[:checkpoint] {
		why := refused[i]
		if why.cause == nil {
			continue
		}
		rec := &records[i]
		if err := r.send(trace.Join(ctx, why.header), rec.KinesisEventRecord, why); err != nil {
			rec.logFailure(ctx, err)
			return i
		}
		rec.logError(ctx, "record can never succeed; it was sent to the failure queue", "rejected", why.cause, metric.Reject(metric.DeadLettered))
	}
	return checkpoint
}

// key has the records of one partition key.
type key struct {
	records []int // indexes in the batch, ascending
	// refused is valid for the first done records.
	refused []refusal
	done    atomic.Int64 // how many were handled; a handler that ignores the deadline may increment it after the answer
}

// refusal is why a record can never succeed, with the tracing header that it carries. It has no cause if the record was handled.
type refusal struct {
	cause  error
	header string
}

// byKey groups the records of a batch by partition key, in the order of each key's first record.
func byKey(batch events.KinesisEvent) ([]record, []*key) {
	records := make([]record, len(batch.Records))
	var keys []*key
	known := map[string]*key{}
	for i, r := range batch.Records {
		records[i].init(r)
		k := known[r.Kinesis.PartitionKey]
		if k == nil {
			k = &key{}
			known[r.Kinesis.PartitionKey] = k
			keys = append(keys, k)
		}
		k.records = append(k.records, i)
	}
	for _, k := range keys {
		k.refused = make([]refusal, len(k.records))
	}
	return records, keys
}

// handle handles one record after the other, until one fails that may succeed later, or ctx ends.
func (k *key) handle(ctx context.Context, records []record, parse Parse) error {
	for n, i := range k.records {
		// The answer may have been sent already. Then Lambda will deliver this record again.
		if ctx.Err() != nil {
			return parallel.ErrDeadline
		}
		header, err := records[i].handle(ctx, len(records), parse)
		if err != nil && !permanent.Is(err) {
			return err
		}
		k.refused[n] = refusal{err, header}
		k.done.Add(1)
	}
	return nil
}
