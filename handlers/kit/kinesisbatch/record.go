package kinesisbatch

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// record is a record with the fields of its log lines.
type record struct {
	events.KinesisEventRecord
	fields logfields.Scope
}

func (r *record) init(rec events.KinesisEventRecord) {
	r.KinesisEventRecord = rec
	r.fields.Add("sequenceNumber", rec.Kinesis.SequenceNumber)
}

// shardID returns the shard of a record. The id of the event is SHARD:SEQUENCENUMBER.
func shardID(r events.KinesisEventRecord) string {
	shard, _, _ := strings.Cut(r.EventID, ":")
	return shard
}

func (r *record) logFailure(ctx context.Context, err error) {
	r.logError(ctx, "record failed; the batch will be delivered again from the first such record", "failed", err)
}

func (r *record) logError(ctx context.Context, message, outcome string, err error, values ...metric.Value) {
	metric.Log(r.fields.Context(ctx), slog.LevelError, message, values, "shardId", shardID(r.KinesisEventRecord), "partitionKey", r.Kinesis.PartitionKey,
		"outcome", outcome, "error", err)
}

var errPanic = errors.New("panic")

// handle parses a record and handles it within a span in the trace of the record's tracing header. It returns that header. On success the
// handler logs the outcome and adds ids.
func (r *record) handle(ctx context.Context, batchSize int, parse Parse) (header string, err error) {
	header, handle := parse(r.KinesisEventRecord)
	ctx, span := trace.Continue(r.fields.Context(ctx), header, "record")
	r.fields.Add("traceId", trace.ID(ctx))
	cause := errPanic
	if span != nil {
		span.Batch(batchSize)
		defer func() {
			switch {
			case permanent.Is(cause):
				trace.Annotate(ctx, "outcome", "rejected")
			case cause != nil:
				trace.Annotate(ctx, "outcome", "failed")
			}
			span.Fail(cause, permanent.Is(cause))
			span.End()
		}()
	}
	cause = handle(ctx)
	return header, cause
}
