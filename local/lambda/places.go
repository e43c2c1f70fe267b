package lambda

import (
	"context"
	"slices"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// places are the positions of a mapping in a stream. They are kept between runs, so that a mapping that was disabled or
// changed continues where it was. One run at a time uses them.
type places struct {
	// known is set once the first shards were listed. The starting position is for those only; later shards are read from
	// their beginning.
	known  bool
	shards map[string]*place // by shard ID
}

// place is the position of a mapping in a shard: up to where it was read, and the records that were read and not handled. AWS
// has a checkpoint for each lane. This is equivalent, and does not depend on the number of lanes.
type place struct {
	from    kinesis.Position
	backlog []kinesis.Record // in their order
	end     bool             // the shard is closed, and everything was read
}

func (p *place) done() bool { return p.end && len(p.backlog) == 0 }

// update applies a list of the shards. It adds new shards, and removes those that expired and are not being read.
func (ps *places) update(shards []kinesis.Shard, start kinesis.Position, running map[string]bool) {
	if ps.known {
		start = kinesis.Position{Type: trimHorizon}
	}
	if ps.shards == nil {
		ps.shards = map[string]*place{}
	}
	for _, shard := range shards {
		if ps.shards[shard.ID] == nil {
			ps.shards[shard.ID] = &place{from: start}
		}
	}
	ps.known = true
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
	shards, err := s.streams.Shards(s.stream)
	if err != nil {
		return
	}
	m.places.update(shards, s.start, nil)
	if s.start.Type != latestRecord {
		return
	}
	for id, place := range m.places.shards {
		if b, err := s.read(context.Background(), m, id, place.from, 1); err == nil {
			place.from, place.backlog, place.end = b.Next, b.Records, b.End
		}
	}
}
