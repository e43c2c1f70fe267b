package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// invoke runs the function with a batch. The error is throttling, or another refusal of the batch.
// traceHeader is the trace that the invocation belongs to, or what is decided of it; empty for none.
func (m *mapping) invoke(payload []byte, traceHeader string) (Result, error) {
	f := m.s.function(m.function)
	arn := functionARN(m.function)
	// Lambda needs no permission to invoke for its own mapping, but a test may have asked for a fault.
	ev := fault.Event{Action: "lambda:InvokeFunction", Resource: arn, Principal: servicePrincipal}
	if err := m.s.account.Faults.Before(m.s.ctx, ev); err != nil {
		return Result{}, err
	}
	inv, err := m.s.submit(f, event{id: uuid.NewString(), arn: arn, payload: payload, limit: maxSyncPayload, trace: traceHeader})
	if err != nil {
		return Result{}, err
	}
	if err := inv.wait(context.Background()); err != nil { // ends when the service closes: that kills the process
		return Result{}, err
	}
	return inv.result(), m.s.account.Faults.After(m.s.ctx, ev)
}

func (m *mapping) report(result string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.result = result
}

// problem is what a mapping's LastProcessingResult says of a call that was refused.
func problem(call string, err error) string {
	if isDenied(err) {
		return "PROBLEM: Lambda is not authorized to call " + call + ": " + err.Error()
	}
	return "PROBLEM: " + call + ": " + err.Error()
}

func isDenied(err error) bool {
	var denied *policy.DeniedError
	return errors.As(err, &denied)
}

func throttledError(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError)
}

// backoff is the wait before the n-th try again, n from 1: 100 ms, doubled each time up to a limit. AWS does not publish
// its own.
func backoff(n int, limit time.Duration) time.Duration {
	const first = 100 * time.Millisecond
	if n > 20 { // and no overflow
		return limit
	}
	return min(first<<(n-1), limit)
}

// pause waits by the account's clock, or until ctx ends.
func (m *mapping) pause(ctx context.Context, d time.Duration) {
	select {
	case <-m.s.account.Clock.After(d):
	case <-ctx.Done():
	}
}

// failedItems tells which items of a batch a function reports as failed, by what it answered to
// ReportBatchItemFailures. It may name some that are not in the batch: then the whole batch counts as failed, as it does
// if the answer is not valid and ok is false. An empty answer, or an empty or null list, is success.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
func failedItems(response []byte) (ids []string, ok bool) {
	if len(bytes.TrimSpace(response)) == 0 {
		return nil, true
	}
	var answer *struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return nil, false
	}
	if answer == nil {
		return nil, true
	}
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier) // empty for null and a wrong key, too: that is no item's
	}
	return ids, true
}

// eventHead and eventFoot are what an event has around its records.
const eventHead, eventFoot = `{"Records":[`, `]}`

// recordsEvent is the event of encoded records.
func recordsEvent(encoded [][]byte) []byte {
	var event bytes.Buffer
	event.WriteString(eventHead)
	event.Write(bytes.Join(encoded, []byte(",")))
	event.WriteString(eventFoot)
	return event.Bytes()
}

// encodeRecord is a record of an event in JSON, without the escapes that Go adds for HTML. It consists of strings and
// numbers.
func encodeRecord(record any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(record); err != nil {
		panic("lambda: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
