package lambda

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"sync"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// shardReader reads one shard during a run, and deals its records to the lanes by their partition keys. The order of a
// key's records is that of its lane.
type shardReader struct {
	*streamSource
	m      *mapping
	id     string
	place  *place
	lost   bool // the place means nothing any more
	lanes  []*lane
	taken  chan struct{} // has an element after a lane has taken a batch
	invoke func(payload []byte, traceHeader string) (Result, error)
}

func newShardReader(s *streamSource, m *mapping, id string, p *place) *shardReader {
	r := &shardReader{streamSource: s, m: m, id: id, place: p, taken: make(chan struct{}, 1), invoke: m.invoke}
	for range s.parallel {
		r.lanes = append(r.lanes, &lane{shardReader: r, more: make(chan struct{}, 1)})
	}
	return r
}

// run reads until the shard's end, or ctx ends. It returns when all lanes have finished what they have in hand, and what
// they have not is in the place's backlog.
func (r *shardReader) run(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r.deal(r.place.backlog)
	r.place.backlog = nil
	var group sync.WaitGroup
	for _, l := range r.lanes {
		group.Go(func() { l.run(ctx) })
	}
	if !r.place.end {
		r.read(ctx)
	}
	if r.lost {
		stop()
	}
	if r.place.end {
		for _, l := range r.lanes {
			l.end()
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
		if !r.wanted() {
			select {
			case <-r.taken:
			case <-ctx.Done():
			}
			continue
		}
		var arrival <-chan struct{}
		if r.consumer { // before it reads, so that nothing comes in between
			arrival = r.streams.Arrivals(r.stream, r.id)
		}
		b, err := r.streamSource.read(ctx, r.m, r.id, r.place.from, readLimit)
		if err != nil {
			failing = r.refused(ctx, err) || failing
			if r.lost {
				return
			}
			continue
		}
		if failing {
			failing = false
			r.m.report("OK")
		}
		r.place.from = b.Next
		r.deal(b.Records)
		switch {
		case b.End:
			r.place.end = true
			return
		case b.More:
		case r.consumer:
			select {
			case <-arrival:
			case <-ctx.Done():
			}
		default:
			r.m.pause(ctx, pollEvery)
		}
	}
}

// refused waits after a read that failed, and tells whether that is a problem. Being over the shard's read limits is
// none: others read it too. A shard that is not there any more, or not the one that the place is in, is lost: its stream
// was deleted. What was read of it is gone, too; if there is a new one with its name, that is read from the beginning.
func (r *shardReader) refused(ctx context.Context, err error) (isProblem bool) {
	if ctx.Err() != nil {
		return false
	}
	code := codeOf(err)
	if isProblem = code != "ProvisionedThroughputExceededException"; isProblem {
		r.m.report(problem("Kinesis", err))
	}
	r.m.pause(ctx, retryRefused)
	r.lost = ctx.Err() == nil && (code == "ResourceNotFoundException" || code == "InvalidArgumentException")
	return isProblem
}

// deal gives records to their lanes.
func (r *shardReader) deal(records []kinesis.Record) {
	dealt := make([][]item, len(r.lanes))
	for _, rec := range records {
		n := r.laneOf(rec.PartitionKey)
		dealt[n] = append(dealt[n], item{rec, len(r.encode(&rec))})
	}
	for n, items := range dealt {
		if len(items) > 0 {
			r.lanes[n].add(items)
		}
	}
}

func (r *shardReader) laneOf(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key)) // never fails
	return int(h.Sum32() % uint32(len(r.lanes)))
}

// wanted tells whether any lane has room for more than it has: the others wait in their queues meanwhile, so that one
// lane that is stuck does not stop the rest. What they hold of a record is little, as its data is the stream's.
func (r *shardReader) wanted() bool {
	return slices.ContainsFunc(r.lanes, func(l *lane) bool { return l.length() < r.batch })
}
