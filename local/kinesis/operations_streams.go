package kinesis

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (st *stream) summary() wire.Object {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return wire.Object{
		"StreamName": st.name, "StreamARN": st.arn, "StreamStatus": "ACTIVE", "StreamCreationTimestamp": seconds(st.created),
		"StreamModeDetails": wire.Object{"StreamMode": st.mode},
	}
}

func (st *stream) describe() wire.Object {
	d := st.summary()
	d["RetentionPeriodHours"], d["EncryptionType"] = st.hours.Load(), st.encryption()
	st.mu.RLock()
	defer st.mu.RUnlock()
	return d.With(wire.Object{"KeyId": st.kmsKey})
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
