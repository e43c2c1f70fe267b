package kinesis

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

type modeDetails struct{ StreamMode string }

type enhancedMetrics struct{ ShardLevelMetrics []string }

// commonDescription is what both descriptions of a stream tell.
type commonDescription struct {
	StreamName, StreamARN, StreamStatus string
	StreamCreationTimestamp             float64
	StreamModeDetails                   modeDetails
	RetentionPeriodHours                int
	EncryptionType                      string
	KeyID                               string `json:"KeyId,omitempty"`
	EnhancedMonitoring                  []enhancedMetrics
}

func (st *stream) describe() commonDescription {
	kind := st.encryption()
	st.mu.RLock()
	defer st.mu.RUnlock()
	return commonDescription{
		StreamName: st.name, StreamARN: st.arn, StreamStatus: "ACTIVE", StreamCreationTimestamp: seconds(st.created),
		StreamModeDetails: modeDetails{st.mode}, RetentionPeriodHours: int(st.hours.Load()),
		EncryptionType: kind, KeyID: st.kmsKey, EnhancedMonitoring: []enhancedMetrics{{append([]string{}, st.metrics...)}},
	}
}

type describeInput struct {
	streamInput
	ExclusiveStartShardID string `json:"ExclusiveStartShardId"`
	Limit                 *int
}

type describeOutput struct {
	StreamDescription struct {
		commonDescription
		Shards        []shardDescription
		HasMoreShards bool
	}
}

// describeStream lists at most 100 shards at a time.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html
func (s *Service) describeStream(c *wire.Call, in *describeInput) (*describeOutput, error) {
	st, err := s.enter(c, "DescribeStream", in.streamInput)
	if err != nil {
		return nil, err
	}
	const page = 100
	limit, err := between(in.Limit, "limit", page, 1, 10_000)
	if err != nil {
		return nil, err
	}
	out := &describeOutput{}
	d := &out.StreamDescription
	d.commonDescription = st.describe()
	d.Shards, d.HasMoreShards = st.page(s.account.Clock.Now(), in.ExclusiveStartShardID, min(limit, page), nil)
	return out, nil
}

type summaryOutput struct {
	StreamDescriptionSummary struct {
		commonDescription
		OpenShardCount, ConsumerCount int
		MaxRecordSizeInKiB            int
	}
}

func (s *Service) describeStreamSummary(c *wire.Call, in *streamInput) (*summaryOutput, error) {
	st, err := s.enter(c, "DescribeStreamSummary", *in)
	if err != nil {
		return nil, err
	}
	out := &summaryOutput{}
	d := &out.StreamDescriptionSummary
	d.commonDescription = st.describe()
	st.mu.RLock()
	defer st.mu.RUnlock()
	d.OpenShardCount, d.ConsumerCount, d.MaxRecordSizeInKiB = len(st.open), len(st.consumers), maxRecord>>10
	return out, nil
}

type listStreamsInput struct {
	ExclusiveStartStreamName string
	NextToken                string
	Limit                    *int
}

type streamSummary struct {
	StreamName, StreamARN, StreamStatus string
	StreamCreationTimestamp             float64
	StreamModeDetails                   modeDetails
}

type listStreamsOutput struct {
	StreamNames     []string
	StreamSummaries []streamSummary
	HasMoreStreams  bool
	NextToken       string `json:",omitempty"` // the last name
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html
func (s *Service) listStreams(c *wire.Call, in *listStreamsInput) (*listStreamsOutput, error) {
	if err := c.Authorize("kinesis:ListStreams", "*"); err != nil {
		return nil, err
	}
	limit, err := between(in.Limit, "limit", 100, 1, 10_000)
	if err != nil {
		return nil, err
	}
	last := max(in.ExclusiveStartStreamName, in.NextToken)
	out := &listStreamsOutput{StreamNames: []string{}, StreamSummaries: []streamSummary{}}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(s.streams)) {
		if name <= last {
			continue
		}
		if len(out.StreamNames) == limit {
			out.HasMoreStreams, out.NextToken = true, out.StreamNames[limit-1]
			break
		}
		d := s.streams[name].describe()
		out.StreamNames = append(out.StreamNames, name)
		out.StreamSummaries = append(out.StreamSummaries,
			streamSummary{d.StreamName, d.StreamARN, d.StreamStatus, d.StreamCreationTimestamp, d.StreamModeDetails})
	}
	return out, nil
}

type listTagsInput struct {
	streamInput
	ExclusiveStartTagKey string
	Limit                *int
}

type tag struct{ Key, Value string }

type listTagsOutput struct {
	Tags        []tag
	HasMoreTags bool
}

func (s *Service) listTagsForStream(c *wire.Call, in *listTagsInput) (*listTagsOutput, error) {
	st, err := s.enter(c, "ListTagsForStream", in.streamInput)
	if err != nil {
		return nil, err
	}
	limit, err := between(in.Limit, "limit", 50, 1, 50)
	if err != nil {
		return nil, err
	}
	out := &listTagsOutput{Tags: []tag{}}
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(st.tags)) {
		if key <= in.ExclusiveStartTagKey {
			continue
		}
		if out.HasMoreTags = len(out.Tags) == limit; out.HasMoreTags {
			break
		}
		out.Tags = append(out.Tags, tag{key, st.tags[key]})
	}
	return out, nil
}

type retentionInput struct {
	streamInput
	RetentionPeriodHours *int
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
func (s *Service) increaseRetention(c *wire.Call, in *retentionInput) (*struct{}, error) {
	return s.changeRetention(c, in, "IncreaseStreamRetentionPeriod", "shorter", "Decrease", func(now, then int) bool { return then >= now })
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html
func (s *Service) decreaseRetention(c *wire.Call, in *retentionInput) (*struct{}, error) {
	return s.changeRetention(c, in, "DecreaseStreamRetentionPeriod", "longer", "Increase", func(now, then int) bool { return then <= now })
}

func (s *Service) changeRetention(c *wire.Call, in *retentionInput, action, not, instead string, allowed func(now, then int) bool) (*struct{}, error) {
	st, err := s.enter(c, action, in.streamInput)
	if err != nil {
		return nil, err
	}
	if in.RetentionPeriodHours == nil {
		return nil, missing("retentionPeriodHours")
	}
	now, then := int(st.hours.Load()), *in.RetentionPeriodHours
	switch {
	case then < minRetention:
		return nil, invalid("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", minRetention, then)
	case then > maxRetention:
		return nil, invalid("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", maxRetention, then)
	case !allowed(now, then):
		return nil, invalid("Requested retention period (%d hours) for stream %s can not be %s than existing retention period (%d hours). "+
			"Use %sRetentionPeriod API.", then, st.name, not, now, instead)
	}
	st.setRetention(s.account.Clock.Now(), then)
	return &struct{}{}, nil
}
