package lambda

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// pollers are the concurrent pollers of one run. Each receives a batch and invokes the function with it.
type pollers struct {
	*sqsSource
	m *mapping

	group sync.WaitGroup
	turn  sync.Mutex // to poll
	mu    sync.Mutex
	count int
	busy  int
	grown time.Time
}

func (q *sqsSource) run(ctx context.Context, m *mapping) {
	ps := &pollers{sqsSource: q, m: m, grown: q.clock.Now()}
	ps.count = min(startPollers, ps.limit())
	for range ps.count {
		ps.group.Go(func() { ps.poll(ctx) })
	}
	ps.group.Wait()
}

func (ps *pollers) limit() int { return cmp.Or(ps.concurrency, maxPollers) }

func (ps *pollers) poll(ctx context.Context) {
	for ctx.Err() == nil {
		batch, received, err := ps.gather(ctx)
		switch {
		case len(batch) > 0:
			// What was received is handled, even if the next receive failed or ctx has ended.
			ps.begin(ctx, len(batch))
			failed := false
			for _, part := range ps.parts(batch) {
				failed = ps.handle(ctx, part, received) || failed
			}
			ps.end()
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

// begin counts a poller as busy, and adds one if all are busy and the batch was full.
func (ps *pollers) begin(ctx context.Context, messages int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.busy++
	now := ps.clock.Now()
	if ps.busy == ps.count && ps.count < ps.limit() && messages >= min(ps.batch, maxReceive) && now.Sub(ps.grown) >= growEvery {
		ps.count++
		ps.grown = now
		ps.group.Go(func() { ps.poll(ctx) })
	}
}

func (ps *pollers) end() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.busy--
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

// gather receives a batch, and returns the time of the first receive. Without a batching window it is the result of one
// poll; else everything until the batch is full or the window ends.
func (ps *pollers) gather(ctx context.Context) (batch []sqs.Received, received time.Time, err error) {
	if ps.window == 0 {
		return ps.once(ctx)
	}
	batch, err = ps.receive(ctx, ps.batch, longPoll)
	received = ps.clock.Now()
	if err != nil || len(batch) == 0 {
		return batch, received, err
	}
	for end := received.Add(ps.window); ; {
		left := end.Sub(ps.clock.Now())
		if len(batch) >= ps.batch || left <= 0 {
			return batch, received, nil
		}
		more, err := ps.receive(ctx, ps.batch-len(batch), min(left, longPoll))
		batch = append(batch, more...)
		if err != nil {
			return batch, received, err
		}
	}
}

// once returns the result of one poll. One poller polls at a time, else several would share the messages of one batch.
func (ps *pollers) once(ctx context.Context) (batch []sqs.Received, received time.Time, err error) {
	ps.turn.Lock()
	if err := ctx.Err(); err != nil { // it ended during the wait for the turn
		ps.turn.Unlock()
		return nil, time.Time{}, err
	}
	batch, err = ps.receive(ctx, ps.batch, longPoll)
	received = ps.clock.Now()
	if len(batch) < min(ps.batch, maxReceive) {
		time.AfterFunc(betweenPolls, ps.turn.Unlock)
	} else {
		ps.turn.Unlock()
	}
	return batch, received, err
}

func (ps *pollers) receive(ctx context.Context, limit int, wait time.Duration) ([]sqs.Received, error) {
	p, err := ps.m.principal(ps.function())
	if err != nil {
		return nil, err
	}
	if err := ps.queues.Authorize(ctx, p, nil, "sqs:GetQueueAttributes", ps.arn); err != nil {
		return nil, err
	}
	return ps.queues.Receive(ctx, p, ps.arn, min(limit, maxReceive), 0, wait)
}

func (ps *pollers) function() *function { return ps.m.s.function(ps.m.function) }

// handle invokes the function with messages, and deletes those that it handled. It reports whether the function failed.
func (ps *pollers) handle(ctx context.Context, part records, received time.Time) (failed bool) {
	result, err := ps.invoke(ctx, part, received)
	if err != nil {
		ps.m.report(problem("Invoke", err))
		ps.m.s.sleep(ctx, retryRefused)
		return true
	}
	done, outcome := succeeded(result, ps.partial, part.messages)
	if outcome != outcomeOK {
		ps.m.report(outcome)
		return true
	}
	p, err := ps.m.principal(ps.function())
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
		if err := ps.queues.Delete(context.WithoutCancel(ctx), p, ps.arn, handles); err != nil {
			ps.m.report(problem("SQS DeleteMessage", err))
			return false
		}
	}
	ps.m.report(outcome)
	return false
}

// invoke retries while the function is throttled, until the messages become visible again.
func (ps *pollers) invoke(ctx context.Context, part records, received time.Time) (Result, error) {
	visibility, _ := ps.queues.VisibilityTimeout(ps.arn)
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
