package lambda

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
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
		r.ResponsePayload = asJSON(e.last.payload)
	}
	if e.last.failed {
		r.ResponseContext.FunctionError = Unhandled
	}
	return r
}

// asJSON is a function's answer in a record. An answer that is not JSON, which is possible, becomes a string.
func asJSON(answer []byte) json.RawMessage {
	if len(answer) == 0 || json.Valid(answer) {
		return answer
	}
	text, _ := json.Marshal(string(answer)) // a string
	return text
}

// end sends the record of a finished event, if there is a destination for it. It retries while SQS fails. The record is lost
// if the destination refuses it: the role may not send any more, the queue was deleted, or the record is too large.
func (e *asyncEvent) end(condition string) {
	destination, onSuccess := e.f.eventSettings().destinations()
	if condition == conditionSuccess {
		destination = onSuccess
	}
	if destination == "" {
		if condition != conditionSuccess {
			e.discarded(condition)
		}
		return
	}
	message := sqs.Message{Body: string(strictjson.Encode(e.record(condition)))}
	for wait := startingDelay; ; wait = min(2*wait, maxRetryDelay) {
		err := e.send(destination, message)
		if err == nil || e.s.ctx.Err() != nil {
			return
		}
		if sqs.ClientSide(err) {
			e.s.publish(e.f.name, account.Count("DestinationDeliveryFailures", 1))
			e.s.account.Log.Error("a destination refuses the record of an event, which is lost", "function", e.f.name,
				"request", e.id, "condition", condition, "destination", destination, "error", err)
			return
		}
		e.s.sleep(e.s.ctx, wait)
	}
}

// send sends with the current permissions of the function's role.
func (e *asyncEvent) send(destination string, message sqs.Message) error {
	p, creds, err := e.s.Roles.AssumeRole(servicePrincipal, e.f.current.Load().args.Role, e.f.name, nil)
	if err != nil {
		return err
	}
	defer e.s.Roles.Revoke(creds.AccessKeyID)
	_, err = e.s.Queues.Send(e.s.ctx, p, nil, destination, message)
	return err
}
