package lambda

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// Why records are discarded.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted"
	recordAgeExceeded      = "RecordAgeExceeded"
)

// discarded is what a destination gets of records that are given up: where they are, not what they say.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
type discarded struct {
	RequestContext struct {
		RequestID   string `json:"requestId"`
		FunctionARN string `json:"functionArn"`
		Condition   string `json:"condition"`
		InvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"` // not if they became too old
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           struct {
		ShardID        string `json:"shardId"`
		Start          string `json:"startSequenceNumber"`
		End            string `json:"endSequenceNumber"`
		ArrivalOfFirst string `json:"approximateArrivalOfFirstRecord"`
		ArrivalOfLast  string `json:"approximateArrivalOfLastRecord"`
		Size           int    `json:"batchSize"`
		StreamARN      string `json:"streamArn"`
	} `json:"KinesisBatchInfo"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"` // not if the function answered with a list of failures
}

// discard gives up records of a part, and tells the destination. It tells whether that is over: while SQS does not work
// it tries again, until ctx ends. A destination that refuses, because the role may not send any more or the queue is
// gone, loses the record, as AWS does not say otherwise: the log and LastProcessingResult tell.
func (l *lane) discard(ctx context.Context, p part, items []item, condition string) bool {
	first, last := &items[0], &items[len(items)-1]
	log := l.m.s.account.Log.With("mapping", l.m.uuid, "function", l.m.function, "condition", condition, "shard", l.id,
		"first", first.SequenceNumber, "last", last.SequenceNumber, "records", len(items))
	log.Warn("records of a stream are discarded")
	if l.destination == "" {
		return true
	}
	message := sqs.Message{Body: string(encodeRecord(l.failure(p, items, condition)))}
	for n := 1; ; n++ {
		// The end of ctx does not stop what is in hand.
		err := l.send(context.WithoutCancel(ctx), message)
		if err == nil {
			return true
		}
		l.m.report(problem("SQS SendMessage", err))
		if sqs.ClientSide(err) {
			log.Error("the destination of discarded records refuses", "destination", l.destination, "error", err)
			return true
		}
		l.m.pause(ctx, backoff(n, maxBackoff))
		if ctx.Err() != nil {
			return false
		}
	}
}

func (l *lane) send(ctx context.Context, message sqs.Message) error {
	p, err := l.m.principal(l.m.s.function(l.m.function))
	if err != nil {
		return err
	}
	_, err = l.queues.Send(ctx, p, nil, l.destination, message)
	return err
}

func (l *lane) failure(p part, items []item, condition string) discarded {
	d := discarded{Version: "1.0", Timestamp: millis(l.clock.Now())}
	first, last := &items[0], &items[len(items)-1]
	// AWS counts one invocation, too, where there was none.
	d.RequestContext.InvokeCount = max(p.tries, 1)
	d.RequestContext.FunctionARN, d.RequestContext.Condition = functionARN(l.m.function), condition
	if p.last != nil {
		d.RequestContext.RequestID = p.last.RequestID
	} else {
		d.RequestContext.RequestID = uuid.NewString()
	}
	if condition == retryAttemptsExhausted {
		d.ResponseContext = &responseContext{http.StatusOK, p.last.ExecutedVersion, p.last.FunctionError}
	}
	d.Batch.ShardID, d.Batch.StreamARN, d.Batch.Size = l.id, l.stream, len(items)
	d.Batch.Start, d.Batch.ArrivalOfFirst = first.SequenceNumber, millis(first.Arrived)
	d.Batch.End, d.Batch.ArrivalOfLast = last.SequenceNumber, millis(last.Arrived)
	return d
}

func millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
