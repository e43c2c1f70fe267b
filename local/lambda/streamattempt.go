package lambda

import (
	"context"
	"slices"
	"time"
)

// maxBackoff is the longest wait between two attempts. AWS does not publish its own.
const maxBackoff = 10 * time.Second

// part is a batch, or what is left of one, on its way through attempts.
type part struct {
	items []item
	tries int // attempts that failed and count
	waits int // attempts that failed since it last got on, whether they count or not
	last  *Result
}

// handle invokes the function with a batch until every record is dealt with or discarded; then it returns none. When ctx
// ends it finishes the attempt in hand, and returns those that are not. Their retries are counted anew in the next run.
func (l *lane) handle(ctx context.Context, batch []item) (rest []item) {
	todo := []part{{items: batch}}
	for len(todo) > 0 && ctx.Err() == nil {
		todo = append(l.attempt(ctx, todo[0]), todo[1:]...)
	}
	for _, p := range todo {
		rest = append(rest, p.items...)
	}
	return rest
}

// attempt makes one attempt at a part, and returns what is then left to do of it, in order.
//
// AWS documents that splits cost no retry, that a part response makes the lowest sequence number that it lists the
// checkpoint from which all is retried, and that with bisecting on, the batch is split there, and only the rest is
// retried. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//
// It is silent on the rest. Here a part response whose checkpoint is the first record is the failure of a whole batch,
// which is halved; halves and what is left after a split begin with a full quota of retries, the first half is dealt
// with before the second begins, and there is no wait after a split. Without bisecting, what is left after a checkpoint
// is retried as a batch that failed: that costs a retry.
func (l *lane) attempt(ctx context.Context, p part) []part {
	if p.waits > 0 {
		l.m.pause(ctx, backoff(p.waits, maxBackoff))
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
	result, err := l.invoke(l.event(p.items), "")
	if err != nil { // it could not be invoked: that costs no retry
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
	case l.bisect && n > 0:
		return []part{{items: rest}}
	case l.bisect && len(rest) > 1:
		half := len(rest) / 2
		return []part{{items: rest[:half]}, {items: rest[half:]}}
	}
	p = part{items: rest, tries: p.tries + 1, waits: p.waits + 1, last: &result}
	if l.retries != forever && p.tries > l.retries && l.discard(ctx, p, rest, retryAttemptsExhausted) {
		return nil
	}
	return []part{p}
}

// checkpoint tells how many of the first records a function has dealt with, and how that is called. A response that names
// a record that is not in the batch is the failure of all of it, as is one that is not valid: AWS says so of an empty
// identifier and a wrong key.
func (l *lane) checkpoint(result Result, items []item) (n int, outcome string) {
	if result.FunctionError != "" {
		return 0, "PROBLEM: Function call failed"
	}
	if !l.partial {
		return len(items), "OK"
	}
	failed, ok := failedItems(result.Payload)
	n = len(items)
	for _, id := range failed {
		at := slices.IndexFunc(items, func(it item) bool { return it.SequenceNumber == id })
		ok = ok && at >= 0
		n = min(n, at)
	}
	if !ok {
		return 0, "PROBLEM: Function response is not a valid list of batch item failures"
	}
	return n, "OK"
}

// expired counts the records at the front that are older than the mapping or the stream lets them become.
func (l *lane) expired(items []item) int {
	limit, ok := l.streams.Retention(l.stream)
	if l.maxAge >= 0 && (!ok || l.maxAge < limit) {
		limit, ok = l.maxAge, true
	}
	now := l.clock.Now()
	if at := slices.IndexFunc(items, func(it item) bool { return !ok || now.Sub(it.Arrived) <= limit }); at >= 0 {
		return at
	}
	return len(items)
}
