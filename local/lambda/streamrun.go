package lambda

import (
	"context"
	"sync"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// streamRun is one run of a mapping, from its start until it is halted.
type streamRun struct {
	*streamSource
	m       *mapping
	group   sync.WaitGroup
	running map[string]bool // shards that are being read, by ID
	ended   chan *shardReader
}

func (s *streamSource) run(ctx context.Context, m *mapping) {
	r := &streamRun{streamSource: s, m: m, running: map[string]bool{}, ended: make(chan *shardReader)}
	for ctx.Err() == nil {
		wait := listEvery
		if !r.startReaders(ctx) {
			wait = retryRefused
		}
		select {
		case shard := <-r.ended:
			delete(r.running, shard.id)
			if shard.lost {
				delete(m.places.shards, shard.id)
			}
		case <-s.clock.After(wait):
		case <-ctx.Done():
		}
	}
	r.group.Wait()
}

// startReaders lists the shards and starts readers of those that are ready. It reports whether it could list them.
func (r *streamRun) startReaders(ctx context.Context) bool {
	shards, err := r.list(ctx)
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
			case r.ended <- reader:
			case <-ctx.Done():
			}
		})
	}
	return true
}

func (r *streamRun) list(ctx context.Context) ([]kinesis.Shard, error) {
	if _, err := r.enter(ctx, r.m); err != nil {
		return nil, err
	}
	return r.streams.Shards(r.stream)
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
