package kinesis

import (
	"slices"
	"time"
)

// add makes an open shard. Its sequence numbers are greater than those of its parents. The caller holds the stream's lock,
// and puts the shard into st.open.
func (st *stream) add(now time.Time, from, to hash, parents ...*shard) *shard {
	s := &shard{
		stream: st, id: shardID(st.number), number: st.number, from: from, to: to, created: now, epoch: now.Unix(), first: 1,
		writes: newBucket(writeRecords, writeRecords), written: newBucket(writeBytes, writeBytes),
		reads: newBucket(readCalls, readCalls), iterators: newBucket(readCalls, readCalls), bytesRead: newBucket(readBytes, readBytes),
	}
	for i, p := range parents {
		s.epoch = max(s.epoch, p.epoch+1)
		if i == 0 {
			s.parent = p.id
		} else {
			s.adjacent = p.id
		}
	}
	st.number++
	st.shards = append(slices.Clip(st.shards), s)
	return s
}

func (s *shard) close(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = now
	s.announce()
}

// split closes the i-th open shard, and opens one below a hash key and one from it on.
func (st *stream) split(now time.Time, i int, at hash) {
	s := st.open[i]
	s.close(now)
	st.open = slices.Replace(st.open, i, i+1, st.add(now, s.from, at.minusOne(), s), st.add(now, at, s.to, s))
}

// merge closes the i-th open shard and the next one, and opens one in their place.
func (st *stream) merge(now time.Time, i int) {
	a, b := st.open[i], st.open[i+1]
	a.close(now)
	b.close(now)
	st.open = slices.Replace(st.open, i, i+2, st.add(now, a.from, b.to, a, b))
}

// scale splits and merges until the stream has n open shards of the same size. As on AWS, it may create shards that are
// closed immediately. The caller holds the lock.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
func (st *stream) scale(now time.Time, n int) error {
	if open := len(st.open); n > 2*open || 2*n < open {
		return refuse("LimitExceededException", "UpdateShardCount can at most double or halve the number of open shards: %d are open, %d are wanted.", open, n)
	}
	for k := 1; k < n; k++ {
		bound := share(k, n)
		if i := st.at(bound); st.open[i].from != bound {
			st.split(now, i, bound)
		}
	}
	for k := range n {
		for k+1 < len(st.open) && (k+1 == n || st.open[k+1].from.less(share(k+1, n))) {
			st.merge(now, k)
		}
	}
	return nil
}

// openShard returns the index of a shard that can be split. The caller holds the lock.
func (st *stream) openShard(now time.Time, id string) (int, error) {
	known := func(s *shard) bool { return s.id == id }
	if i := slices.IndexFunc(st.open, known); i >= 0 {
		return i, nil
	}
	if slices.ContainsFunc(st.shards, func(s *shard) bool { return known(s) && !s.expired(now) }) {
		return 0, refuse("ResourceInUseException", "Shard %s in stream %s has already been merged or split.", id, st.name)
	}
	return 0, errNoShard(st.name, id)
}
