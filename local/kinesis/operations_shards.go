package kinesis

import (
	"slices"

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
	ShardFilter *shardFilter
}

type listShardsOutput struct{ Shards []shardDescription }

// listShards returns all shards: there are no pages.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
func (s *Service) listShards(c *wire.Call, in *listShardsInput) (*listShardsOutput, error) {
	st, err := s.enter(c, "ListShards", in.streamInput)
	if err != nil {
		return nil, err
	}
	if in.ShardFilter != nil && in.ShardFilter.Type != "AT_LATEST" {
		return nil, wire.Unsupported("ListShards with a ShardFilter of type %q", in.ShardFilter.Type)
	}
	shards := st.live(s.account.Clock.Now())
	if in.ShardFilter != nil {
		shards = slices.DeleteFunc(slices.Clone(shards), func(sh *shard) bool { return !sh.closedAt().IsZero() })
	}
	return &listShardsOutput{describeShards(shards)}, nil
}

type splitInput struct {
	streamInput
	ShardToSplit       string
	NewStartingHashKey string
}

// splitShard splits a shard of a provisioned stream at once; on AWS the stream is UPDATING for some seconds.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html
func (s *Service) splitShard(c *wire.Call, in *splitInput) (*struct{}, error) {
	st, err := s.enter(c, "SplitShard", in.streamInput)
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mode != provisioned {
		return nil, refuse("ValidationException", "SplitShard is only supported for streams in %s mode.", provisioned)
	}
	i, err := st.openShard(now, in.ShardToSplit)
	if err != nil {
		return nil, err
	}
	at, ok := parseHash(in.NewStartingHashKey)
	if !ok {
		return nil, invalidMember("NewStartingHashKey", "must be from 0 to 2^128-1, got %q", in.NewStartingHashKey)
	}
	if sh := st.open[i]; !sh.from.plusOne().less(at) || !at.less(sh.to) {
		return nil, invalid("NewStartingHashKey %s must be greater than %s and less than %s, for shard %s of stream %s.", at, sh.from.plusOne(), sh.to, sh.id, st.name)
	}
	if len(st.open) == maxShards {
		return nil, refuse("LimitExceededException", "Stream %s has %d shards already.", st.name, maxShards)
	}
	st.split(now, i, at)
	return &struct{}{}, nil
}
