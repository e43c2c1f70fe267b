package lambda

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// item is a record that waits for a batch.
type item struct {
	kinesis.Record
	size int // bytes in an event
}

// lane handles the records of some partition keys of a shard, one batch after another, in order.
type lane struct {
	*shardReader
	more chan struct{} // signalled after a change of queue or ended

	mu    sync.Mutex
	queue []item
	ended bool // no more will come
}

func (l *lane) add(items []item) {
	l.mu.Lock()
	l.queue = append(l.queue, items...)
	l.mu.Unlock()
	signal(l.more)
}

func (l *lane) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	signal(l.more)
}

func (l *lane) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// signal puts an element into a channel of capacity one, if it is empty.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run handles batches until no more will come, or ctx ends. Then its queue holds the records that it has not handled.
func (l *lane) run(ctx context.Context) {
	for {
		batch := l.gather(ctx)
		if len(batch) == 0 {
			return
		}
		signal(l.taken)
		if rest := l.handle(ctx, batch); len(rest) > 0 {
			l.mu.Lock()
			l.queue = slices.Concat(rest, l.queue)
			l.mu.Unlock()
			return
		}
	}
}

// gather waits for a batch. Without a batching window it is everything in the queue. A window begins with the first record;
// then it ends when the batch is full, 6 MB are there or no more will come. The result is empty at the end.
func (l *lane) gather(ctx context.Context) []item {
	var window <-chan time.Time
	over := l.window == 0
	for ctx.Err() == nil {
		batch, more := l.take(over)
		if len(batch) > 0 || !more {
			return batch
		}
		if window == nil && l.length() > 0 {
			window = l.clock.After(l.window)
		}
		select {
		case <-l.more:
		case <-window:
			over = true
		case <-ctx.Done():
		}
	}
	return nil
}

// take removes a batch from the queue: nothing if the batch is not full and may grow, unless partly is set. It reports
// whether more may come.
func (l *lane) take(partly bool) (batch []item, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, size := 0, len(eventHead)+len(eventFoot)
	full := false
	for n < len(l.queue) && !full {
		if size += l.queue[n].size + len(","); n > 0 && size > maxSyncPayload {
			full = true
			break
		}
		n++
		full = n == l.batch
	}
	if n == 0 || !full && !partly && !l.ended {
		return nil, !l.ended
	}
	batch = slices.Clone(l.queue[:n])
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	return batch, true
}
