package lambda

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// pollers are the concurrent pollers of one run. Each receives a batch and invokes the function with it.
type pollers struct {
	*sqsSource
	m     *mapping
	clock clockwork.Clock

	group sync.WaitGroup
	turn  sync.Mutex // to poll
	mu    sync.Mutex
	count int
	grown time.Time
}

func (q *sqsSource) run(ctx context.Context, m *mapping) {
	ps := &pollers{sqsSource: q, m: m, clock: m.s.account.Clock, grown: m.s.account.Clock.Now()}
	ps.count = min(startPollers, ps.limit())
	for range ps.count {
		ps.group.Go(func() { ps.poll(ctx) })
	}
	ps.group.Wait()
}

func (ps *pollers) limit() int {
	return value(value(ps.ScalingConfig, ScalingConfig{}).MaximumConcurrency, maxPollers)
}

// full is how many messages a poll gives at most.
func (ps *pollers) full() int { return min(*ps.BatchSize, maxReceive) }

func (ps *pollers) poll(ctx context.Context) {
	for ctx.Err() == nil {
		batch, received, err := ps.gather(ctx)
		switch {
		case len(batch) > 0:
			// What was received is handled, even if the next receive failed or ctx has ended.
			if len(batch) >= ps.full() {
				ps.grow(ctx)
			}
			failed := false
			for _, part := range ps.parts(batch) {
				failed = ps.handle(ctx, part, received) || failed
			}
			if failed && ps.leave() {
				return
			}
		case err != nil && ctx.Err() == nil:
			ps.m.report(problem("SQS", err))
			ps.m.s.sleep(ctx, retryRefused)
		case err == nil && ps.leave():
			return
		}
	}
}

// grow adds a poller while batches are full, one each growEvery.
func (ps *pollers) grow(ctx context.Context) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if now := ps.clock.Now(); ps.count < ps.limit() && now.Sub(ps.grown) >= growEvery {
		ps.count++
		ps.grown = now
		ps.group.Go(func() { ps.poll(ctx) })
	}
}

// leave reports whether a poller that found the queue empty, or the function failing, must end: there are more than at the
// start.
func (ps *pollers) leave() bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.count <= startPollers {
		return false
	}
	ps.count--
	return true
}

// maxReceive is how many messages one ReceiveMessage gives at most.
const maxReceive = 10

// gather receives a batch, and returns the time of the first receive. Without a batching window it is the result of one poll, and
// one poller polls at a time, else several would share the messages of one batch. With a window it is everything until the batch is
// full or the window ends.
func (ps *pollers) gather(ctx context.Context) (batch []sqs.Received, received time.Time, err error) {
	if ps.window() == 0 {
		ps.turn.Lock()
		defer func() {
			if len(batch) < ps.full() {
				time.AfterFunc(betweenPolls, ps.turn.Unlock)
			} else {
				ps.turn.Unlock()
			}
		}()
		if err := ctx.Err(); err != nil { // it ended during the wait for the turn
			return nil, time.Time{}, err
		}
	}
	batch, err = ps.receive(ctx, *ps.BatchSize, longPoll)
	received = ps.clock.Now()
	end := received.Add(ps.window())
	for left := ps.window(); err == nil && len(batch) > 0 && len(batch) < *ps.BatchSize && left > 0; left = end.Sub(ps.clock.Now()) {
		var more []sqs.Received
		more, err = ps.receive(ctx, *ps.BatchSize-len(batch), min(left, longPoll))
		batch = append(batch, more...)
	}
	return batch, received, err
}

func (ps *pollers) receive(ctx context.Context, limit int, wait time.Duration) ([]sqs.Received, error) {
	p, err := ps.m.principal(ps.m.function())
	if err != nil {
		return nil, err
	}
	if err := ps.m.s.Queues.Authorize(ctx, p, nil, "sqs:GetQueueAttributes", ps.EventSourceARN); err != nil {
		return nil, err
	}
	return ps.m.s.Queues.Receive(ctx, p, ps.EventSourceARN, min(limit, maxReceive), 0, wait)
}

// handle invokes the function with messages, and deletes those that it handled. It reports whether the function failed.
func (ps *pollers) handle(ctx context.Context, part records, received time.Time) (failed bool) {
	result, err := ps.invoke(ctx, part, received)
	if err != nil {
		ps.m.report(problem("Invoke", err))
		ps.m.s.sleep(ctx, retryRefused)
		return true
	}
	done, outcome := succeeded(result, ps.partial(), part.messages)
	if outcome != outcomeOK {
		ps.m.report(outcome)
		return true
	}
	p, err := ps.m.principal(ps.m.function())
	if err != nil {
		ps.m.report(problem("SQS DeleteMessage", err))
		return false
	}
	for some := range slices.Chunk(done, maxReceive) {
		handles := make([]string, len(some))
		for i := range some {
			handles[i] = some[i].ReceiptHandle
		}
		// A batch that was handled is deleted even if the mapping stops.
		if err := ps.m.s.Queues.Delete(ps.m.s.ctx, p, ps.EventSourceARN, handles); err != nil {
			ps.m.report(problem("SQS DeleteMessage", err))
			return false
		}
	}
	ps.m.report(outcome)
	return false
}

// invoke retries while the function is throttled, until the messages become visible again.
func (ps *pollers) invoke(ctx context.Context, part records, received time.Time) (Result, error) {
	visibility, _ := ps.m.s.Queues.VisibilityTimeout(ps.EventSourceARN)
	for n := 1; ; n++ {
		result, err := ps.m.invoke(part.payload, linksOf(part.messages))
		wait := backoff(n, 5*time.Second)
		if err == nil || !isThrottled(err) || !ps.clock.Now().Add(wait).Before(received.Add(visibility)) {
			return result, err
		}
		ps.m.s.sleep(ctx, wait)
		if ctx.Err() != nil {
			return Result{}, err
		}
	}
}
