package lambda

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// item is a record that waits for its batch.
type item struct {
	kinesis.Record
	size int // in an event, bytes
}

// lane handles the records of some partition keys of a shard, one batch after the other, in order.
type lane struct {
	*shardReader
	more chan struct{} // has an element after something has changed

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

// signal leaves an element in a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run handles batches until no more will come, or ctx ends. What it has not handled is in its queue then.
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

// gather takes a batch: what there is, or with a batching window, what there is when the batch is full, 6 MB have
// gathered, no more will come, or the window is over that began with the first record. It is empty at the end.
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

// take takes what makes a batch from the queue: nothing, if that is not full and may grow. It tells whether more may
// come.
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
