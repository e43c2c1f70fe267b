package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// invocationRecord is what a destination gets of an asynchronous event, or of a discarded batch of a stream:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
//
// The record of an event without an invocation has the status of the last refusal, and neither a status nor a payload if there
// was no attempt.
type invocationRecord struct {
	RequestContext  recordedRequest  `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload,omitempty"`
	ResponseContext *recordedOutcome `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           *recordedBatch   `json:"KinesisBatchInfo,omitempty"` // of a stream: only where the records are
}

type recordedRequest struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"` // of an event, with its qualifier
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

type recordedOutcome struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion,omitempty"`
	FunctionError   string `json:"functionError,omitempty"`
}

type recordedBatch struct {
	ShardID        string `json:"shardId"`
	Start          string `json:"startSequenceNumber"`
	End            string `json:"endSequenceNumber"`
	ArrivalOfFirst string `json:"approximateArrivalOfFirstRecord"`
	ArrivalOfLast  string `json:"approximateArrivalOfLastRecord"`
	Size           int    `json:"batchSize"`
	StreamARN      string `json:"streamArn"`
}

func millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (e *asyncEvent) record(condition string) invocationRecord {
	r := invocationRecord{
		Version: "1.0", Timestamp: millis(e.s.account.Clock.Now()),
		RequestContext: recordedRequest{e.id, e.f.arn() + ":" + latest, condition, e.attempts},
		RequestPayload: e.payload,
	}
	if e.last.status == 0 {
		return r
	}
	r.ResponseContext = &recordedOutcome{StatusCode: e.last.status}
	if e.last.status == http.StatusOK {
		r.ResponseContext.ExecutedVersion = latest
		if json.Valid(e.last.payload) { // that of another runtime may be no JSON
			r.ResponsePayload = e.last.payload
		}
	}
	if e.last.failed {
		r.ResponseContext.FunctionError = Unhandled
	}
	return r
}

// deliver sends a record to a destination, with the permissions that the function's role has at that time. It retries while SQS
// fails, until ctx ends. Any other error is a refusal: the role may not send any more, the queue was deleted, or the record is too
// large. failed gets each error. f is nil if the function was deleted.
func (s *Service) deliver(ctx context.Context, f *function, queueARN string, r invocationRecord, failed func(error)) error {
	message := sqs.Message{Body: string(strictjson.Encode(r))}
	for n := 1; ; n++ {
		var err error = notFound("Function not found: %s", r.RequestContext.FunctionARN)
		if f != nil {
			err = s.withRole(f.current.Load().args.Role, f.name, func(p policy.Principal) error {
				_, err := s.Queues.Send(s.ctx, p, nil, queueARN, message) // a send that has begun is finished even if ctx ends
				return err
			})
		}
		if err == nil {
			return nil
		}
		if failed(err); sqs.ClientSide(err) {
			return err
		}
		s.sleep(ctx, backoff(n, maxBackoff))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// drop sends the record of an event that has failed, if there is a destination for it.
func (e *asyncEvent) drop(condition string) {
	destination := e.f.eventSettings().destination()
	if destination == "" {
		e.discarded(condition)
		return
	}
	err := e.s.deliver(e.s.ctx, e.f, destination, e.record(condition), func(error) {})
	if err != nil && e.s.ctx.Err() == nil {
		e.s.publish(e.f.name, account.Count("DestinationDeliveryFailures", 1))
		e.s.account.Log.Error("a destination refuses the record of an event, which is lost", "function", e.f.name,
			"request", e.id, "condition", condition, "destination", destination, "error", err)
	}
}

// Why records are discarded.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted"
	recordAgeExceeded      = "RecordAgeExceeded"
)

// discard gives up records of a part, and sends their metadata to the destination. It returns false if ctx ends before SQS answers.
// The metadata is lost if the destination refuses it. The log and LastProcessingResult show it.
func (l *lane) discard(ctx context.Context, p part, items []item, condition string) bool {
	first, last := &items[0], &items[len(items)-1]
	log := l.m.s.account.Log.With("mapping", l.m.uuid, "function", l.m.functionName(), "condition", condition, "shard", l.id,
		"first", first.SequenceNumber, "last", last.SequenceNumber, "records", len(items))
	log.Warn("records of a stream are discarded")
	destination := l.destination()
	if destination == "" {
		return true
	}
	failed := func(err error) { l.m.report(problem("SQS SendMessage", err)) }
	err := l.m.s.deliver(ctx, l.m.function(), destination, l.failure(p, items, condition), failed)
	if errors.Is(err, context.Canceled) {
		return false
	}
	if err != nil {
		log.Error("the destination of discarded records refuses", "destination", destination, "error", err)
	}
	return true
}

func (l *lane) failure(p part, items []item, condition string) invocationRecord {
	first, last := &items[0], &items[len(items)-1]
	r := invocationRecord{
		Version: "1.0", Timestamp: millis(l.m.s.account.Clock.Now()),
		// AWS also counts one invocation if there was none.
		RequestContext: recordedRequest{uuid.NewString(), functionARN(l.m.functionName()), condition, max(p.tries, 1)},
		Batch: &recordedBatch{
			ShardID: l.id, StreamARN: l.stream, Size: len(items), Start: first.SequenceNumber, ArrivalOfFirst: millis(first.Arrived),
			End: last.SequenceNumber, ArrivalOfLast: millis(last.Arrived),
		},
	}
	if p.last != nil {
		r.RequestContext.RequestID = p.last.RequestID
	}
	if condition == retryAttemptsExhausted {
		r.ResponseContext = &recordedOutcome{http.StatusOK, p.last.ExecutedVersion, p.last.FunctionError}
	}
	return r
}
