package lambda

import (
	"encoding/json"
	"net/http"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// invocationRecord is what a destination gets of an event that the queue is done with:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
//
// AWS does not publish the record of an event that the function never saw. Here it has the status of the last refusal
// and no payload of a response, and neither if there was no attempt.
type invocationRecord struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  recordedRequest  `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *recordedOutcome `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type recordedRequest struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"` // with its qualifier
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

type recordedOutcome struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion,omitempty"`
	FunctionError   string `json:"functionError,omitempty"`
}

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

// asJSON is a function's answer in a record. One that is no JSON, which a custom runtime may give, becomes a string.
func asJSON(answer []byte) json.RawMessage {
	if len(answer) == 0 || json.Valid(answer) {
		return answer
	}
	text, _ := json.Marshal(string(answer)) // a string
	return text
}

// end sends the record of an event that the queue is done with, if there is a destination for it. While SQS does not
// work it tries again. A destination that refuses loses the record: because the role may not send any more, the queue
// is gone, or the record is too large for a message.
func (e *asyncEvent) end(condition string) {
	settings := e.f.eventSettings()
	destination := settings.onFailure
	if condition == conditionSuccess {
		destination = settings.onSuccess
	}
	if destination == "" {
		if condition != conditionSuccess {
			e.discarded(condition)
		}
		return
	}
	message := sqs.Message{Body: string(encodeRecord(e.record(condition)))}
	for wait := startingDelay; ; wait = min(2*wait, maxRetryDelay) {
		err := e.send(destination, message)
		if err == nil || e.s.ctx.Err() != nil {
			return
		}
		if sqs.ClientSide(err) {
			e.s.account.Log.Error("a destination refuses the record of an event, which is lost", "function", e.f.name,
				"request", e.id, "condition", condition, "destination", destination, "error", err)
			return
		}
		e.s.sleep(wait)
	}
}

// send sends with the permissions that the function's role has now.
func (e *asyncEvent) send(destination string, message sqs.Message) error {
	p, creds, err := e.s.Roles.AssumeRole(servicePrincipal, e.f.current.Load().config.role, e.f.name, nil)
	if err != nil {
		return err
	}
	defer e.s.Roles.Revoke(creds.AccessKeyID)
	_, err = e.s.Queues.Send(e.s.ctx, p, nil, destination, message)
	return err
}
