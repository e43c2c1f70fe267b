package lambda

import (
	"sync/atomic"

	"github.com/order-patterns/order-patterns/local/kinesis"
)

// progress is how far a mapping is in a shard.
type progress struct {
	from      atomic.Pointer[kinesis.Position] // of the next read
	unhandled atomic.Int64                     // records that were read
}

// Waiting returns how many records of its stream a mapping has not handled: those in the stream and those in a batch that is tried.
// It is 0 for a mapping of a queue, and for one that does not exist.
func (s *Service) Waiting(uuid string) (records int) {
	m, err := s.mapping(uuid)
	if err != nil {
		return 0
	}
	m.mu.Lock()
	src, ok := m.source.(*streamSource)
	m.mu.Unlock()
	if !ok {
		return 0
	}
	shards, err := src.streams.Shards(src.stream)
	if err != nil { // it was deleted
		return 0
	}
	for _, shard := range shards {
		from := src.start // of a shard that was not read
		if v, ok := m.progress.Load(shard.ID); ok {
			p := v.(*progress)
			from, records = *p.from.Load(), records+int(p.unhandled.Load())
		}
		records += src.streams.Waiting(src.stream, shard.ID, from)
	}
	return records
}
