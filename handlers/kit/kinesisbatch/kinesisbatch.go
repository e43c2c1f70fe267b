// Package kinesisbatch processes the records of a Kinesis batch in the order of each partition key, for an event source mapping with
// ReportBatchItemFailures.
//
// A record that fails is treated in one of two ways:
//
//   - It can never succeed: the handler returns a permanent.Error. The record is sent to the reader's failure queue, with the error, and
//     counts as done.
//   - It may succeed later, which is every other error. The batch fails. Lambda delivers the batch again from the checkpoint, which is the
//     lowest sequence number reported, until the retries are used up or the records are too old. Then Lambda sends the position of the
//     failed records to the on-failure destination, which is the same queue.
//
// Lambda's documentation does not say what happens to a batch whose first record is the checkpoint. It does not matter here, because no
// record fails forever.
//
// All records from the checkpoint on are processed again, also records of other keys that succeeded. So a handler must be idempotent.
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

// Parse parses a record. It returns the record's tracing header, or "", and the Handle that processes the record. For a record that cannot
// be parsed, that Handle returns a permanent.Error.
type Parse func(r events.KinesisEventRecord) (header string, handle Handle)

// Handle processes one record. It may be called concurrently for records of different keys, and again for the same record later. Records of
// one key are processed one at a time. Handle should return when ctx ends. Fields that it adds to ctx by trace.Annotate, such as an id, are
// also in the lines that Process logs about the record.
type Handle func(ctx context.Context) error

// Handler returns the function of a reader, for lambdaenv.Env.Start. It processes each batch with parse: see [Reader.Process].
func (r *Reader) Handler(limit int, parse Parse) func(context.Context, events.KinesisEvent) (events.KinesisEventResponse, error) {
	return func(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
		return r.Process(ctx, batch, limit, parse), nil
	}
}

// Each returns a Parse for records without a tracing header. handle parses and processes a record.
func Each(handle func(ctx context.Context, r events.KinesisEventRecord) error) Parse {
	return func(r events.KinesisEventRecord) (header string, _ Handle) {
		return "", func(ctx context.Context) error { return handle(ctx, r) }
	}
}

// Process parses and handles the records. Records of one partition key are handled one after another, and at most limit keys concurrently.
// A key stops at its first failure that may pass, because later records must not overtake it; other keys continue. Such a failure is an
// error that is not permanent, a panic, or a record that is not done shortly before the deadline of ctx. The answer names the first record
// of the batch that failed in this way, or could not be sent to the failure queue.
//
// Records that can never succeed are sent at the end, and only those before the first failure. Records after it are processed again, and
// would otherwise be sent with every delivery of the batch.
func (r *Reader) Process(ctx context.Context, batch events.KinesisEvent, limit int, parse Parse) events.KinesisEventResponse {
	records, keys := byKey(batch)
	// After a timeout, Lambda would also deliver the records before the checkpoint again.
	errs := parallel.Do(ctx, len(keys), limit, func(ctx context.Context, i int) error {
		return keys[i].handle(ctx, records, parse)
	})
	checkpoint := len(batch.Records)
	refused := map[int]refusal{} // the records that can never succeed, by index in the batch
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

// sendRefused sends the records before the checkpoint that can never succeed to the failure queue, in order. If one cannot be sent, it
// becomes the new checkpoint.
func (r *Reader) sendRefused(ctx context.Context, records []record, refused map[int]refusal, checkpoint int) int {
	ctx, cancel := deadline.Ahead(ctx) // in the remaining time
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

// key holds the records of one partition key.
type key struct {
	records []int // indexes in the batch, ascending
	// refused is valid for the first done records.
	refused []refusal
	done    atomic.Int64 // number of records done; a handler that ignores the deadline may increment it after the answer
}

// refusal says why a record can never succeed, with the record's tracing header. cause is nil if the record succeeded.
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

// handle handles records one after another, until one fails that may succeed later, or until ctx ends.
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
