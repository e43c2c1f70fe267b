package lambda

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"sync"

	"github.com/order-patterns/order-patterns/local/internal/pattern"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// shardReader reads one shard during a run, and distributes its records to lanes by their partition keys. A lane keeps the
// order of a key's records.
type shardReader struct {
	*streamSource
	m      *mapping
	id     string
	place  *place
	lanes  []*lane
	taken  chan struct{} // signalled after a lane has taken a batch
	invoke func(payload []byte, links []xray.Link) (Result, error)
}

func newShardReader(s *streamSource, m *mapping, id string, p *place) *shardReader {
	r := &shardReader{streamSource: s, m: m, id: id, place: p, taken: make(chan struct{}, 1), invoke: m.invoke}
	for range *s.ParallelizationFactor {
		r.lanes = append(r.lanes, &lane{shardReader: r, more: make(chan struct{}, 1)})
	}
	return r
}

// run reads until the shard's end, or ctx ends. It returns when all lanes have finished their current attempt. The records
// that are not handled are in the place's backlog then.
func (r *shardReader) run(ctx context.Context) {
	r.deal(r.place.backlog, r.place.from, len(r.place.backlog))
	r.place.backlog = nil
	var group sync.WaitGroup
	for _, l := range r.lanes {
		group.Go(func() { l.run(ctx) })
	}
	if !r.place.end {
		r.read(ctx)
	}
	if r.place.end {
		for _, l := range r.lanes {
			l.change(func() { l.ended = true })
		}
	}
	group.Wait()
	for _, l := range r.lanes {
		for _, it := range l.queue {
			r.place.backlog = append(r.place.backlog, it.Record)
		}
	}
	slices.SortFunc(r.place.backlog, func(a, b kinesis.Record) int { return bySequence(a.SequenceNumber, b.SequenceNumber) })
}

// bySequence compares sequence numbers: decimal numbers of any length, without leading zeros.
func bySequence(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func (r *shardReader) read(ctx context.Context) {
	failing := false
	for ctx.Err() == nil {
		if !r.hasRoom() {
			select {
			case <-r.taken:
			case <-ctx.Done():
			}
			continue
		}
		b, err := r.streamSource.read(ctx, r.m, r.id, r.place.from, readLimit)
		if err != nil {
			// Exceeded read limits are no problem: the shard has other readers.
			if ctx.Err() == nil && wire.Code(err) != "ProvisionedThroughputExceededException" {
				failing = true
				r.m.report(problem("Kinesis", err))
			}
			r.m.s.sleep(ctx, retryRefused)
			continue
		}
		if failing {
			failing = false
			r.m.report("OK")
		}
		r.deal(b.Records, b.Next, 0)
		switch {
		case b.End:
			r.place.end = true
			return
		case b.More:
		case r.consumer:
			select {
			case <-b.Arrival:
			case <-ctx.Done():
			}
		default:
			r.m.s.sleep(ctx, pollEvery)
		}
	}
}

// deal distributes records to their lanes, but for those that no filter matches. The next read is at next. counted is how many
// of the records the place counts already.
func (r *shardReader) deal(records []kinesis.Record, next kinesis.Position, counted int) {
	dealt, total := make([][]item, len(r.lanes)), 0
	for _, rec := range records {
		matches := func(p pattern.Pattern) bool { return p.MatchesJSON(rec.Data) }
		if len(r.patterns) > 0 && !slices.ContainsFunc(r.patterns, matches) {
			continue
		}
		h := fnv.New32a()
		h.Write([]byte(rec.PartitionKey)) // never fails
		n := int(h.Sum32() % uint32(len(r.lanes)))
		dealt[n] = append(dealt[n], item{rec, len(r.encode(&rec))})
		total++
	}
	r.place.advance(next, total-counted) // before a lane can handle them
	for n, items := range dealt {
		if len(items) > 0 {
			l := r.lanes[n]
			l.change(func() { l.queue = append(l.queue, items...) })
		}
	}
}

// hasRoom reports whether any lane has less than a batch. The queues of the others may grow meanwhile, so that one lane
// that is stuck does not stop the rest. A queue needs little memory, because the stream owns the data of the records.
func (r *shardReader) hasRoom() bool {
	return slices.ContainsFunc(r.lanes, func(l *lane) bool { return l.length() < *r.BatchSize })
}

// places are the positions of a mapping in a stream. They are kept between runs, so that a mapping that was disabled or
// changed continues where it was. One run at a time changes them.
type places struct {
	mu sync.Mutex // of changes of shards, and of reads of others than the run
	// shards are by ID; nil until they were listed. The starting position is for those first shards only; later ones are read
	// from their beginning.
	shards map[string]*place
}

// at returns the place of a shard; nil if there is none yet.
func (ps *places) at(shard string) *place {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.shards[shard]
}

// place is the position of a mapping in a shard: up to where it was read, and the records that were read and not handled. AWS
// has a checkpoint for each lane. This is equivalent, and does not depend on the number of lanes.
type place struct {
	mu        sync.Mutex       // of changes of from and unhandled, and of reads of others than the run
	from      kinesis.Position // of the next read
	unhandled int              // records that were read
	backlog   []kinesis.Record // those, in their order; empty during a run
	end       bool             // the shard is closed, and everything was read
}

// advance changes the position, and adds to the records that are not handled.
func (p *place) advance(from kinesis.Position, unhandled int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from = from
	p.unhandled += unhandled
}

// progress returns the position, and how many of the records before it are not handled.
func (p *place) progress() (kinesis.Position, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.from, p.unhandled
}

func (p *place) done() bool { return p.end && len(p.backlog) == 0 }

// update applies a list of the shards. It adds new shards, and removes those that expired and are not being read.
func (ps *places) update(shards []kinesis.Shard, start kinesis.Position, running map[string]bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.shards == nil {
		ps.shards = map[string]*place{}
	} else {
		start = kinesis.Position{Type: trimHorizon}
	}
	for _, shard := range shards {
		if ps.shards[shard.ID] == nil {
			ps.shards[shard.ID] = &place{from: start}
		}
	}
	for id := range ps.shards {
		listed := slices.ContainsFunc(shards, func(s kinesis.Shard) bool { return s.ID == id })
		if !listed && !running[id] {
			delete(ps.shards, id)
		}
	}
}

// begin records the current shards. It resolves LATEST to a fixed position in each of them, which does not depend on the
// time of the first read. If Kinesis refuses, the first run does this.
func (s *streamSource) begin(m *mapping) {
	shards, err := m.s.Streams.Shards(s.stream)
	if err != nil {
		return
	}
	m.places.update(shards, s.start, nil)
	if s.start.Type != latestRecord {
		return
	}
	for id, place := range m.places.shards {
		if b, err := s.read(m.s.ctx, m, id, place.from, 1); err == nil {
			place.backlog, place.end = b.Records, b.End
			place.advance(b.Next, len(b.Records))
		}
	}
}
