package lambda

import (
	"context"
	"slices"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// places are how far a mapping has come in a stream. They outlast its runs, so that a mapping that is disabled or
// changed goes on where it was. One run at a time uses them.
type places struct {
	// known tells that the shards are in that were there when the mapping was created. The starting position is theirs;
	// shards that come later are read from their beginning.
	known  bool
	shards map[string]*place // by shard ID
}

// place is how far a mapping has come with a shard. On AWS it is a checkpoint for each lane. Here it is the position up
// to which the shard was read, and the records that were read and are not dealt with: that says the same, and goes on
// saying it when the mapping is given another number of lanes.
type place struct {
	from    kinesis.Position
	backlog []kinesis.Record // in their order
	end     bool             // the shard is closed, and everything was read
}

func (p *place) done() bool { return p.end && len(p.backlog) == 0 }

// update takes in a listing: shards that are new, and those that are gone, except for the ones being read.
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

// begin notes the shards that there are. LATEST is a fixed place in each of them from now on, however long the first
// read takes. If Kinesis refuses, the first run does this.
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
