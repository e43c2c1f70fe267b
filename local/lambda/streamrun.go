package lambda

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// streamRun is one run of a mapping, from its start until it is halted.
type streamRun struct {
	*streamSource
	m       *mapping
	group   sync.WaitGroup
	running map[string]bool // shards that are being read, by ID
	ended   chan string     // their IDs
}

func (s *streamSource) run(ctx context.Context, m *mapping) {
	r := &streamRun{streamSource: s, m: m, running: map[string]bool{}, ended: make(chan string)}
	for ctx.Err() == nil {
		wait := listEvery
		if !r.startReaders(ctx) {
			wait = retryRefused
		}
		select {
		case shard := <-r.ended:
			delete(r.running, shard)
		case <-m.s.account.Clock.After(wait):
		case <-ctx.Done():
		}
	}
	r.group.Wait()
}

// startReaders lists the shards and starts readers of those that are ready. It reports whether it could list them.
func (r *streamRun) startReaders(ctx context.Context) bool {
	var shards []kinesis.Shard
	_, err := r.enter(ctx, r.m)
	if err == nil {
		shards, err = r.m.s.Streams.Shards(r.stream)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.m.report(problem("Kinesis", err))
		}
		return false
	}
	r.m.places.update(shards, r.start, r.running)
	for _, shard := range shards {
		if !r.ready(shard) {
			continue
		}
		r.running[shard.ID] = true
		reader := newShardReader(r.streamSource, r.m, shard.ID, r.m.places.shards[shard.ID])
		r.group.Go(func() {
			reader.run(ctx)
			select {
			case r.ended <- shard.ID:
			case <-ctx.Done():
			}
		})
	}
	return true
}

// ready reports whether a shard can be read now: it is not being read and not done, and its parents are done. So the records
// of a key keep their order when a stream is resharded.
func (r *streamRun) ready(shard kinesis.Shard) bool {
	if r.running[shard.ID] || r.m.places.shards[shard.ID].done() {
		return false
	}
	for _, parent := range []string{shard.ParentID, shard.AdjacentParentID} {
		if place := r.m.places.shards[parent]; r.running[parent] || place != nil && !place.done() {
			return false
		}
	}
	return true
}

func (r *shardReader) event(items []item) []byte {
	encoded := make([][]byte, len(items))
	for i := range items {
		encoded[i] = r.encode(&items[i].Record)
	}
	return recordsEvent(encoded)
}

// encode makes the record of an event: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
func (r *shardReader) encode(rec *kinesis.Record) []byte {
	role, source := "", r.EventSourceARN
	if r.m.s.account.Guesses.Other(guess.ConsumerEventSource) {
		source = r.stream
	}
	if f := r.m.function(); f != nil {
		role = f.current.Load().args.Role
	}
	return strictjson.Encode(events.KinesisEventRecord{
		Kinesis: events.KinesisRecord{
			KinesisSchemaVersion: "1.0", PartitionKey: rec.PartitionKey, SequenceNumber: rec.SequenceNumber, Data: rec.Data,
			ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: rec.Arrived.Truncate(time.Millisecond)},
		},
		EventSource: "aws:kinesis", EventVersion: "1.0", EventID: r.id + ":" + rec.SequenceNumber, EventName: "aws:kinesis:record",
		InvokeIdentityArn: role, AwsRegion: account.Region, EventSourceArn: source,
	})
}

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

// change changes the queue or ended.
func (l *lane) change(f func()) {
	l.mu.Lock()
	f()
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
		rest := l.handle(ctx, batch)
		l.place.mu.Lock()
		l.place.unhandled -= len(batch) - len(rest)
		l.place.mu.Unlock()
		if len(rest) > 0 {
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
	over := l.window() == 0
	for ctx.Err() == nil {
		batch, more := l.take(over)
		if len(batch) > 0 || !more {
			return batch
		}
		if window == nil && l.length() > 0 {
			window = l.m.s.account.Clock.After(l.window())
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
	for n < min(*l.BatchSize, len(l.queue)) {
		if size += l.queue[n].size + len(","); n > 0 && size > maxSyncPayload {
			break
		}
		n++
	}
	full := n == *l.BatchSize || n < len(l.queue)
	if n == 0 || !full && !partly && !l.ended {
		return nil, !l.ended
	}
	batch = slices.Clone(l.queue[:n])
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	return batch, true
}
