package kinesis

import (
	"math"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// add makes an open shard. Its sequence numbers are greater than all of its parents. The caller holds the stream's
// lock, and puts the shard into st.open.
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
	st.shards = append(slices.Clip(st.shards), s) // who listed the shards before goes on with that list
	return s
}

func (s *shard) close(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = now
	s.announce()
}

// split closes the i-th open shard and opens one below a hash key and one from there on.
func (st *stream) split(now time.Time, i int, at hash) {
	s := st.open[i]
	s.close(now)
	st.open = slices.Replace(st.open, i, i+1, st.add(now, s.from, at.minusOne(), s), st.add(now, at, s.to, s))
}

// merge closes the i-th open shard and the one after it, and opens one in their place.
func (st *stream) merge(now time.Time, i int) {
	a, b := st.open[i], st.open[i+1]
	a.close(now)
	b.close(now)
	st.open = slices.Replace(st.open, i, i+2, st.add(now, a.from, b.to, a, b))
}

// scale splits and merges until the stream has n open shards of the same size. As on AWS this may make shards that are
// closed at once. The caller holds the lock.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
func (st *stream) scale(now time.Time, n int) error {
	open := len(st.open)
	switch {
	case st.mode != provisioned:
		return errOnDemand("UpdateShardCount")
	case n > maxShards:
		return refuse("LimitExceededException", "Target shard count or number of open shards cannot be greater than %d. "+
			"Current open shard count: %d, Target shard count: %d", maxShards, open, n)
	case n > 2*open:
		return refuse("LimitExceededException", "UpdateShardCount cannot scale up over double your current open shard count. "+
			"Current open shard count: %d, Target shard count: %d", open, n)
	case 2*n < open:
		return refuse("LimitExceededException", "UpdateShardCount cannot scale down below half your current open shard count. "+
			"Current open shard count: %d, Target shard count: %d", open, n)
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

func errOnDemand(operation string) *wire.Error {
	return refuse("ValidationException", "%s is only supported for streams in %s mode.", operation, provisioned)
}

// openShard finds the index of a shard that can be split or merged. The caller holds the lock.
func (st *stream) openShard(now time.Time, id string) (int, error) {
	known := func(s *shard) bool { return s.id == id }
	if i := slices.IndexFunc(st.open, known); i >= 0 {
		return i, nil
	}
	if slices.ContainsFunc(st.shards, func(s *shard) bool { return known(s) && !s.expired(now) }) {
		return 0, refuse("ResourceInUseException", "Shard %s in stream %s under account %s has already been merged or split, "+
			"and thus is not eligible for merging or splitting.", id, st.name, account.ID)
	}
	return 0, refuse("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s.", id, st.name, account.ID)
}

// reshard authorizes a call's action on a stream, and does it, holding the lock, if it is one whose shards can be chosen.
func (s *Service) reshard(c *wire.Call, action string, in streamInput, do func(st *stream, now time.Time) error) (*struct{}, error) {
	st, err := s.enter(c, action, in)
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mode != provisioned {
		return nil, errOnDemand(action)
	}
	if err := do(st, now); err != nil {
		return nil, err
	}
	return &struct{}{}, nil
}

type splitInput struct {
	streamInput
	ShardToSplit       string
	NewStartingHashKey string
}

// splitShard splits a shard at once; on AWS the stream is UPDATING for some seconds.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html
func (s *Service) splitShard(c *wire.Call, in *splitInput) (*struct{}, error) {
	return s.reshard(c, "SplitShard", in.streamInput, func(st *stream, now time.Time) error {
		i, err := st.openShard(now, in.ShardToSplit)
		if err != nil {
			return err
		}
		at, ok := parseHash(in.NewStartingHashKey)
		if !ok {
			return outside(in.NewStartingHashKey, "newStartingHashKey", `Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`)
		}
		if sh := st.open[i]; !sh.from.plusOne().less(at) || !at.less(sh.to) {
			return invalid("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater than "+
				"one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.", at, sh.id, st.name, account.ID, sh.from, sh.to)
		}
		if len(st.open) == maxShards {
			return refuse("LimitExceededException", "Stream %s under account %s has %d shards already.", st.name, account.ID, maxShards)
		}
		st.split(now, i, at)
		return nil
	})
}

type mergeInput struct {
	streamInput
	ShardToMerge         string
	AdjacentShardToMerge string
}

// mergeShards merges two shards at once, which may be given in any order.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html
func (s *Service) mergeShards(c *wire.Call, in *mergeInput) (*struct{}, error) {
	return s.reshard(c, "MergeShards", in.streamInput, func(st *stream, now time.Time) error {
		i, err := st.openShard(now, in.ShardToMerge)
		if err != nil {
			return err
		}
		j, err := st.openShard(now, in.AdjacentShardToMerge)
		if err != nil {
			return err
		}
		if j != i+1 && i != j+1 {
			return invalid("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				in.ShardToMerge, in.AdjacentShardToMerge, st.name, account.ID)
		}
		st.merge(now, min(i, j))
		return nil
	})
}

type scaleInput struct {
	streamInput
	TargetShardCount *int
	ScalingType      string
}

type scaleOutput struct {
	StreamName, StreamARN               string
	CurrentShardCount, TargetShardCount int
}

func (s *Service) updateShardCount(c *wire.Call, in *scaleInput) (*scaleOutput, error) {
	st, err := s.enter(c, "UpdateShardCount", in.streamInput)
	if err != nil {
		return nil, err
	}
	if in.ScalingType != "UNIFORM_SCALING" {
		return nil, outside(in.ScalingType, "scalingType", "Member must satisfy enum value set: [UNIFORM_SCALING]")
	}
	if in.TargetShardCount == nil {
		return nil, missing("targetShardCount")
	}
	target, err := between(in.TargetShardCount, "targetShardCount", 0, 1, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := &scaleOutput{st.name, st.arn, len(st.open), target}
	return out, st.scale(s.account.Clock.Now(), target)
}
