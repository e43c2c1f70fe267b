package lambda

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// Why records are discarded.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted"
	recordAgeExceeded      = "RecordAgeExceeded"
)

// discard gives up records of a part, and sends their metadata to the destination. It retries while SQS fails, and returns
// false if ctx ends before that. The metadata is lost if the destination refuses it: the role may not send any more, or the
// queue was deleted. The log and LastProcessingResult show it.
func (l *lane) discard(ctx context.Context, p part, items []item, condition string) bool {
	first, last := &items[0], &items[len(items)-1]
	log := l.m.s.account.Log.With("mapping", l.m.uuid, "function", l.m.function, "condition", condition, "shard", l.id,
		"first", first.SequenceNumber, "last", last.SequenceNumber, "records", len(items))
	log.Warn("records of a stream are discarded")
	if l.destination == "" {
		return true
	}
	message := sqs.Message{Body: string(strictjson.Encode(l.failure(p, items, condition)))}
	for n := 1; ; n++ {
		// A send that has begun is finished even if the mapping stops.
		err := l.send(context.WithoutCancel(ctx), message)
		if err == nil {
			return true
		}
		l.m.report(problem("SQS SendMessage", err))
		if sqs.ClientSide(err) {
			log.Error("the destination of discarded records refuses", "destination", l.destination, "error", err)
			return true
		}
		l.m.s.sleep(ctx, backoff(n, maxBackoff))
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

func (l *lane) failure(p part, items []item, condition string) invocationRecord {
	first, last := &items[0], &items[len(items)-1]
	r := invocationRecord{
		Version: "1.0", Timestamp: millis(l.clock.Now()),
		// AWS also counts one invocation if there was none.
		RequestContext: recordedRequest{uuid.NewString(), functionARN(l.m.function), condition, max(p.tries, 1)},
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
