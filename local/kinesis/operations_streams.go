package kinesis

import (
	"maps"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (st *stream) summary() wire.Object {
	return wire.Object{
		"StreamName": st.name, "StreamARN": st.arn, "StreamStatus": "ACTIVE", "StreamCreationTimestamp": seconds(st.created),
		"StreamModeDetails": wire.Object{"StreamMode": st.mode()},
	}
}

func (st *stream) describe() wire.Object {
	in := st.args.Load()
	return st.summary().With(wire.Object{"RetentionPeriodHours": in.RetentionPeriod, "EncryptionType": in.EncryptionType, "KeyId": in.KMSKeyID})
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html
func (s *Service) describeStream(_ *wire.Call, st *stream, _ *streamInput) (wire.Object, error) {
	d := st.describe()
	d["Shards"], d["HasMoreShards"] = describeShards(st.live(s.account.Clock.Now())), false
	return wire.Object{"StreamDescription": d}, nil
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
func describeStreamSummary(_ *wire.Call, st *stream, _ *streamInput) (wire.Object, error) {
	d := st.describe()
	st.mu.RLock()
	defer st.mu.RUnlock()
	d["OpenShardCount"], d["ConsumerCount"], d["MaxRecordSizeInKiB"] = len(st.open), len(st.consumers), maxRecord>>10
	return wire.Object{"StreamDescriptionSummary": d}, nil
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html
func (s *Service) listStreams(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Object{
		"StreamNames": slices.Sorted(maps.Keys(s.streams)), "StreamSummaries": wire.List(s.streams, (*stream).summary), "HasMoreStreams": false,
	}, nil
}

type listConsumersInput struct{ StreamARN string }

func (in listConsumersInput) Target() streamInput { return streamInput{StreamARN: in.StreamARN} }

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html
func listConsumers(_ *wire.Call, st *stream, _ *listConsumersInput) (wire.Object, error) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return wire.Object{"Consumers": wire.List(st.consumers, func(c *consumer) wire.Object {
		return wire.Object{
			"ConsumerName": c.name, "ConsumerARN": c.arn, "ConsumerStatus": "ACTIVE", "ConsumerCreationTimestamp": seconds(c.created),
		}
	})}, nil
}

// describeShards names the parents even if they have expired.
func describeShards(shards []*shard) []wire.Object {
	list := make([]wire.Object, len(shards))
	for i, s := range shards {
		numbers := wire.Object{"StartingSequenceNumber": s.sequenceAt(0).String()}
		if !s.closedAt().IsZero() {
			numbers["EndingSequenceNumber"] = s.sequenceAt(lastPlace).String()
		}
		list[i] = wire.Object{
			"ShardId": s.id, "SequenceNumberRange": numbers,
			"HashKeyRange": wire.Object{"StartingHashKey": s.from.String(), "EndingHashKey": s.to.String()},
		}.With(wire.Object{"ParentShardId": s.parent, "AdjacentParentShardId": s.adjacent})
	}
	return list
}

type shardFilter struct{ Type string }

type listShardsInput struct {
	streamInput
	ShardFilter *shardFilter
}

// listShards returns all shards: there are no pages.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
func (s *Service) listShards(c *wire.Call, st *stream, in *listShardsInput) (wire.Object, error) {
	if in.ShardFilter != nil && in.ShardFilter.Type != "AT_LATEST" {
		return nil, wire.Unsupported("ListShards with a ShardFilter of type %q", in.ShardFilter.Type)
	}
	shards := st.live(s.account.Clock.Now())
	if in.ShardFilter != nil {
		shards = slices.DeleteFunc(slices.Clone(shards), func(sh *shard) bool { return !sh.closedAt().IsZero() })
	}
	return wire.Object{"Shards": describeShards(shards)}, nil
}

type splitInput struct {
	streamInput
	ShardToSplit       string
	NewStartingHashKey string
}

// splitShard splits a shard of a provisioned stream at once; on AWS the stream is UPDATING for some seconds.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html
func (s *Service) splitShard(c *wire.Call, st *stream, in *splitInput) (*struct{}, error) {
	now := s.account.Clock.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mode() != provisioned {
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
	if sh := st.open[i]; !sh.from.plus(1).less(at) || !at.less(sh.to) {
		return nil, invalid("NewStartingHashKey %s must be greater than %s and less than %s, for shard %s of stream %s.", at, sh.from.plus(1), sh.to, sh.id, st.name)
	}
	if len(st.open) == maxShards {
		return nil, refuse("LimitExceededException", "Stream %s has %d shards already.", st.name, maxShards)
	}
	st.split(now, i, at)
	return &struct{}{}, nil
}

// add makes an open shard. Its sequence numbers are greater than those of its parents. The caller holds the stream's lock,
// and puts the shard into st.open.
func (st *stream) add(now time.Time, from, to hash, parents ...*shard) *shard {
	s := &shard{
		stream: st, id: shardID(st.number), number: st.number, from: from, to: to, epoch: now.Unix(), first: 1,
		writes: rate.NewLimiter(writeRecords, writeRecords), written: rate.NewLimiter(writeBytes, writeBytes),
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
	st.open = slices.Replace(st.open, i, i+1, st.add(now, s.from, at.plus(-1), s), st.add(now, at, s.to, s))
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
