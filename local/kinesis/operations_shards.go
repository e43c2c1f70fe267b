package kinesis

import (
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

type hashRange struct{ StartingHashKey, EndingHashKey string }

type sequenceRange struct {
	StartingSequenceNumber string
	EndingSequenceNumber   string `json:",omitempty"` // of a closed shard
}

type shardDescription struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId,omitempty"` // present even if the parent has expired
	AdjacentParentShardID string `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange          hashRange
	SequenceNumberRange   sequenceRange
}

func (s *shard) hashRange() hashRange { return hashRange{s.from.String(), s.to.String()} }

func describeShards(shards []*shard) []shardDescription {
	list := make([]shardDescription, len(shards))
	for i, s := range shards {
		list[i] = shardDescription{s.id, s.parent, s.adjacent, s.hashRange(), sequenceRange{s.sequenceAt(0, s.epoch).String(), ""}}
		if closed := s.closedAt(); !closed.IsZero() {
			list[i].SequenceNumberRange.EndingSequenceNumber = s.sequenceAt(lastPlace, closed.Unix()).String()
		}
	}
	return list
}

type shardFilter struct{ Type string }

type listShardsInput struct {
	streamInput
	MaxResults  *int
	NextToken   string
	ShardFilter *shardFilter
}

type listShardsOutput struct {
	Shards    []shardDescription
	NextToken string `json:",omitempty"`
}

// listShards returns at most 1,000 shards. The token contains the stream and the last shard of the page before; the filter
// has to be given again with it.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
func (s *Service) listShards(c *wire.Call, in *listShardsInput) (*listShardsOutput, error) {
	now, last := s.account.Clock.Now(), ""
	if in.NextToken != "" {
		if in.StreamName != "" {
			return nil, invalid("NextToken cannot be combined with StreamName.")
		}
		fields, ok := s.unseal("shards", in.NextToken)
		if !ok {
			return nil, invalid("The NextToken is invalid.")
		}
		if tooOld(fromMillis(fields[0]), now) {
			return nil, refuse("ExpiredNextTokenException", "The NextToken has expired: it is valid for 300 seconds.")
		}
		in.StreamName, last = fields[1], fields[2]
	}
	st, err := s.enter(c, "ListShards", in.streamInput)
	if err != nil {
		return nil, err
	}
	const page = 1000
	limit, err := between(in.MaxResults, "MaxResults", page, 1, 10_000)
	if err != nil {
		return nil, err
	}
	if in.ShardFilter != nil && in.ShardFilter.Type != "AT_LATEST" {
		return nil, wire.Unsupported("ListShards with a ShardFilter of type %q", in.ShardFilter.Type)
	}
	var found []*shard
	for _, sh := range st.live(now) {
		if sh.id > last && (in.ShardFilter == nil || sh.closedAt().IsZero()) {
			found = append(found, sh)
		}
	}
	out := &listShardsOutput{}
	if limit = min(limit, page); len(found) > limit {
		found = found[:limit]
		out.NextToken = s.seal("shards", millis(now), st.name, found[limit-1].id)
	}
	out.Shards = describeShards(found)
	return out, nil
}

// reshard authorizes a call's action and performs it while it holds the stream's lock. Only the shards of a provisioned
// stream can be chosen.
func (s *Service) reshard(c *wire.Call, action string, in streamInput, do func(st *stream, now time.Time) error) (*struct{}, error) {
	st, err := s.enter(c, action, in)
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mode != provisioned {
		return nil, refuse("ValidationException", "%s is only supported for streams in %s mode.", action, provisioned)
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
			return invalidMember("NewStartingHashKey", "must be from 0 to 2^128-1, got %q", in.NewStartingHashKey)
		}
		if sh := st.open[i]; !sh.from.plusOne().less(at) || !at.less(sh.to) {
			return invalid("NewStartingHashKey %s must be greater than %s and less than %s, for shard %s of stream %s.", at, sh.from.plusOne(), sh.to, sh.id, st.name)
		}
		if len(st.open) == maxShards {
			return refuse("LimitExceededException", "Stream %s has %d shards already.", st.name, maxShards)
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

// mergeShards merges two shards at once. They may be given in any order.
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
			return invalid("Shards %s and %s of stream %s are not adjacent.", in.ShardToMerge, in.AdjacentShardToMerge, st.name)
		}
		st.merge(now, min(i, j))
		return nil
	})
}
