package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
)

const maxBackoff = 10 * time.Second

type part struct {
	items []item
	tries int // attempts that failed and count
	waits int // attempts in a row that failed, whether they count or not
	last  *Result
}

// handle invokes the function with a batch until every record is handled or discarded. When ctx ends, it finishes the
// current attempt and returns the rest. The next run counts their retries from zero.
func (l *lane) handle(ctx context.Context, batch []item) (rest []item) {
	todo := []part{{items: batch}}
	defer l.m.trying.Delete(l)
	for len(todo) > 0 && ctx.Err() == nil {
		todo = append(l.attempt(ctx, todo[0]), todo[1:]...)
	}
	for _, p := range todo {
		rest = append(rest, p.items...)
	}
	return rest
}

// attempt makes one attempt at a part, and returns the parts that are left, in order.
//
// AWS documents: splits cost no retry. The lowest sequence number of a partial response is the checkpoint, from which
// everything is retried. With bisecting, the batch is split at the checkpoint and only the rest is retried.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//
// For what AWS does not document see package guess.
func (l *lane) attempt(ctx context.Context, p part) []part {
	if p.waits > 0 && (p.last == nil || !l.m.s.account.Guesses.Other(guess.StreamBackoff)) {
		l.m.s.sleep(ctx, backoff(p.waits, maxBackoff))
	}
	if ctx.Err() != nil {
		return []part{p}
	}
	if n := l.expired(p.items); n > 0 {
		if !l.discard(ctx, p, p.items[:n], recordAgeExceeded) {
			return []part{p}
		}
		if p.items = p.items[n:]; len(p.items) == 0 {
			return nil
		}
	}
	last := p.items[len(p.items)-1].Arrived
	l.m.trying.Store(l, last)
	l.m.s.publish(l.m.functionName(), account.Milliseconds("IteratorAge", l.m.s.account.Clock.Since(last)))
	result, err := l.invoke(l.event(p.items), nil)
	if err != nil { // the function was not invoked: that costs no retry
		l.m.report(problem("Invoke", err))
		p.waits++
		return []part{p}
	}
	n, outcome := l.checkpoint(result, p.items)
	l.m.report(outcome)
	rest := p.items[n:]
	switch {
	case len(rest) == 0:
		return nil
	case *l.BisectBatchOnFunctionError && n > 0:
		return []part{{items: rest}}
	case *l.BisectBatchOnFunctionError && len(rest) > 1 && (result.FunctionError != "" || !l.m.s.account.Guesses.Other(guess.StreamFirstRecord)):
		half := len(rest) / 2
		return []part{{items: rest[:half]}, {items: rest[half:]}}
	}
	p = part{items: rest, tries: p.tries + 1, waits: p.waits + 1, last: &result}
	if limit := *l.MaximumRetryAttempts; limit != forever && p.tries > limit && l.discard(ctx, p, rest, retryAttemptsExhausted) {
		return nil
	}
	return []part{p}
}

// checkpoint returns how many of the first records a function handled, and the LastProcessingResult.
func (l *lane) checkpoint(result Result, items []item) (n int, outcome string) {
	find := func(id string) int {
		return slices.IndexFunc(items, func(it item) bool { return it.SequenceNumber == id })
	}
	failed, outcome := result.failures(l.partial(), func(id string) bool { return find(id) >= 0 })
	if outcome != outcomeOK {
		return 0, outcome
	}
	n = len(items)
	for _, id := range failed {
		n = min(n, find(id))
	}
	return n, outcome
}

// expired counts the records at the front that are older than the mapping's maximum age or the stream's retention period.
func (l *lane) expired(items []item) int {
	limit, ok := l.m.s.Streams.Retention(l.stream)
	if age := seconds(l.MaximumRecordAgeInSeconds); age >= 0 && (!ok || age < limit) {
		limit, ok = age, true
	}
	now := l.m.s.account.Clock.Now()
	if at := slices.IndexFunc(items, func(it item) bool { return !ok || now.Sub(it.Arrived) <= limit }); at >= 0 {
		return at
	}
	return len(items)
}

// backoff is the wait before the n-th retry, n from 1: 100 ms, doubled each time up to a limit.
func backoff(n int, limit time.Duration) time.Duration {
	const first = 100 * time.Millisecond
	if n > 20 { // the shift would overflow
		return limit
	}
	return min(first<<(n-1), limit)
}

const outcomeOK = "OK"

// failures returns the identifiers of the batch items that a function reports as failed, and the LastProcessingResult: not OK if
// the whole batch failed. An empty answer, and an empty or null list, mean success. An invalid answer, and one with an identifier
// that is not in the batch, is a failure of the whole batch. AWS documents that for an empty identifier and a wrong key.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
func (r Result) failures(partial bool, known func(id string) bool) (ids []string, outcome string) {
	if r.FunctionError != "" {
		return nil, "PROBLEM: Function call failed"
	}
	if !partial || len(bytes.TrimSpace(r.Payload)) == 0 {
		return nil, outcomeOK
	}
	var answer events.KinesisEventResponse
	err := json.Unmarshal(r.Payload, &answer)
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier) // empty for null and a wrong key: no item has that
	}
	if err != nil || slices.ContainsFunc(ids, func(id string) bool { return !known(id) }) {
		return nil, "PROBLEM: Function response is not a valid list of batch item failures"
	}
	return ids, outcomeOK
}

const eventHead, eventFoot = `{"Records":[`, `]}`

func recordsEvent(encoded [][]byte) []byte {
	return slices.Concat([]byte(eventHead), bytes.Join(encoded, []byte(",")), []byte(eventFoot))
}
