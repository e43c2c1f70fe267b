package kinesis

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

type modeDetails struct{ StreamMode string }

// streamSummary is a stream in the answer of ListStreams.
type streamSummary struct {
	StreamName, StreamARN, StreamStatus string
	StreamCreationTimestamp             float64
	StreamModeDetails                   modeDetails
}

// streamDescription has the common members of DescribeStream and DescribeStreamSummary.
type streamDescription struct {
	streamSummary
	RetentionPeriodHours int
	EncryptionType       string
	KeyID                string `json:"KeyId,omitempty"`
}

func (st *stream) describe() streamDescription {
	encryption := st.encryption()
	st.mu.RLock()
	defer st.mu.RUnlock()
	return streamDescription{
		streamSummary{st.name, st.arn, "ACTIVE", seconds(st.created), modeDetails{st.mode}},
		int(st.hours.Load()), encryption, st.kmsKey,
	}
}

type describeStreamOutput struct {
	StreamDescription struct {
		streamDescription
		Shards        []shardDescription
		HasMoreShards bool // always false
	}
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html
func (s *Service) describeStream(c *wire.Call, st *stream, in *streamInput) (*describeStreamOutput, error) {
	out := &describeStreamOutput{}
	out.StreamDescription.streamDescription = st.describe()
	out.StreamDescription.Shards = describeShards(st.live(s.account.Clock.Now()))
	return out, nil
}

type describeStreamSummaryOutput struct {
	StreamDescriptionSummary struct {
		streamDescription
		OpenShardCount, ConsumerCount, MaxRecordSizeInKiB int
	}
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
func (s *Service) describeStreamSummary(c *wire.Call, st *stream, in *streamInput) (*describeStreamSummaryOutput, error) {
	out := &describeStreamSummaryOutput{}
	d := &out.StreamDescriptionSummary
	d.streamDescription = st.describe()
	st.mu.RLock()
	defer st.mu.RUnlock()
	d.OpenShardCount, d.ConsumerCount, d.MaxRecordSizeInKiB = len(st.open), len(st.consumers), maxRecord>>10
	return out, nil
}

type listStreamsOutput struct {
	StreamNames     []string
	StreamSummaries []streamSummary
	HasMoreStreams  bool // always false
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html
func (s *Service) listStreams(c *wire.Call, _ *struct{}) (*listStreamsOutput, error) {
	if err := c.Authorize("kinesis:ListStreams", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listStreamsOutput{StreamNames: slices.Sorted(maps.Keys(s.streams)), StreamSummaries: []streamSummary{}}
	for _, name := range out.StreamNames {
		out.StreamSummaries = append(out.StreamSummaries, s.streams[name].describe().streamSummary)
	}
	return out, nil
}

type consumerDescription struct {
	ConsumerName, ConsumerARN, ConsumerStatus string
	ConsumerCreationTimestamp                 float64
}

type listConsumersInput struct{ StreamARN string }

type listConsumersOutput struct{ Consumers []consumerDescription }

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html
func (s *Service) listConsumers(c *wire.Call, in *listConsumersInput) (*listConsumersOutput, error) {
	st, err := s.enter(c, "ListStreamConsumers", streamInput{StreamARN: in.StreamARN})
	if err != nil {
		return nil, err
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	out := &listConsumersOutput{Consumers: []consumerDescription{}}
	for _, name := range slices.Sorted(maps.Keys(st.consumers)) {
		c := st.consumers[name]
		out.Consumers = append(out.Consumers, consumerDescription{c.name, c.arn, "ACTIVE", seconds(c.created)})
	}
	return out, nil
}
