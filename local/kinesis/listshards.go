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
	ParentShardID         string `json:"ParentShardId,omitempty"` // also of a parent that is gone
	AdjacentParentShardID string `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange          hashRange
	SequenceNumberRange   sequenceRange
}

func (s *shard) hashRange() hashRange { return hashRange{s.from.String(), s.to.String()} }

// closedAt is when the shard was closed; zero while it is open.
func (s *shard) closedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *shard) describe() shardDescription {
	d := shardDescription{s.id, s.parent, s.adjacent, s.hashRange(), sequenceRange{s.sequenceAt(0, s.epoch).String(), ""}}
	if closed := s.closedAt(); !closed.IsZero() {
		d.SequenceNumberRange.EndingSequenceNumber = s.sequenceAt(lastPlace, closed.Unix()).String()
	}
	return d
}

// page describes up to limit shards after one, of those that a filter keeps. A nil filter keeps all.
func (st *stream) page(now time.Time, after string, limit int, keep func(*shard) bool) (list []shardDescription, more bool) {
	list = []shardDescription{}
	for _, s := range st.live(now) {
		if s.id <= after || (keep != nil && !keep(s)) {
			continue
		}
		if len(list) == limit {
			return list, true
		}
		list = append(list, s.describe())
	}
	return list, false
}

type shardFilter struct {
	Type      string
	ShardID   string `json:"ShardId"`
	Timestamp *float64
}

// keep is the filter as a function.
func (f *shardFilter) keep(st *stream, now time.Time) (func(*shard) bool, error) {
	if f == nil {
		return nil, nil
	}
	horizon := now.Add(-st.retention())
	if horizon.Before(st.created) {
		horizon = st.created
	}
	at := horizon
	switch f.Type {
	case "AT_TIMESTAMP", "FROM_TIMESTAMP":
		if f.Timestamp == nil {
			return nil, invalid("Timestamp must be provided for the ShardFilter type %s.", f.Type)
		}
		if t := fromSeconds(*f.Timestamp); t.After(at) {
			at = t
		}
	case "AFTER_SHARD_ID":
		if f.ShardID == "" {
			return nil, invalid("ShardId must be provided for the ShardFilter type %s.", f.Type)
		}
	}
	// The times that shards have are as exact as the clock; those of requests are in milliseconds.
	begun := func(s *shard) bool { return s.created.UnixMilli() <= at.UnixMilli() }
	lasts := func(s *shard) bool {
		closed := s.closedAt()
		return closed.IsZero() || closed.UnixMilli() >= at.UnixMilli()
	}
	switch f.Type {
	case "FROM_TRIM_HORIZON":
		return nil, nil
	case "AT_LATEST":
		return func(s *shard) bool { return s.closedAt().IsZero() }, nil
	case "AT_TRIM_HORIZON", "AT_TIMESTAMP":
		return func(s *shard) bool { return begun(s) && lasts(s) }, nil
	case "FROM_TIMESTAMP":
		return lasts, nil
	case "AFTER_SHARD_ID":
		return func(s *shard) bool { return s.id > f.ShardID }, nil
	}
	return nil, outside(f.Type, "shardFilter.type", "Member must satisfy enum value set: "+
		"[AT_TRIM_HORIZON, AFTER_SHARD_ID, AT_TIMESTAMP, FROM_TIMESTAMP, FROM_TRIM_HORIZON, AT_LATEST]")
}

type listShardsInput struct {
	streamInput
	ExclusiveStartShardID string `json:"ExclusiveStartShardId"`
	MaxResults            *int
	NextToken             string
	ShardFilter           *shardFilter
}

type listShardsOutput struct {
	Shards    []shardDescription
	NextToken string `json:",omitempty"`
}

// listShards lists at most 1,000 shards at a time. The token names the stream and the last shard of the page before;
// a filter has to be given again with it.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
func (s *Service) listShards(c *wire.Call, in *listShardsInput) (*listShardsOutput, error) {
	now := s.account.Clock.Now()
	if in.NextToken != "" {
		if in.StreamName != "" || in.ExclusiveStartShardID != "" {
			return nil, invalid("NextToken and StreamName cannot be provided together, nor NextToken and ExclusiveStartShardId.")
		}
		fields, err := s.resume("shards", in.NextToken, now)
		if err != nil {
			return nil, err
		}
		in.StreamName, in.ExclusiveStartShardID = fields[0], fields[1]
	}
	st, err := s.enter(c, "ListShards", in.streamInput)
	if err != nil {
		return nil, err
	}
	const page = 1000
	limit, err := between(in.MaxResults, "maxResults", page, 1, 10_000)
	if err != nil {
		return nil, err
	}
	keep, err := in.ShardFilter.keep(st, now)
	if err != nil {
		return nil, err
	}
	out := &listShardsOutput{}
	var more bool
	if out.Shards, more = st.page(now, in.ExclusiveStartShardID, min(limit, page), keep); more {
		out.NextToken = s.seal("shards", millis(now), st.name, out.Shards[len(out.Shards)-1].ShardID)
	}
	return out, nil
}
