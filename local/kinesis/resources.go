package kinesis

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind { return []provider.Kind{s.streamKind(), s.consumerKind()} }

// StreamArgs are the inputs of aws:kinesis/stream:Stream.
type StreamArgs struct {
	Name                    *string           `pulumi:"name,optional,replace"`
	ShardCount              *int              `pulumi:"shardCount,optional"`
	Mode                    *StreamMode       `pulumi:"streamModeDetails,optional"`
	RetentionPeriod         *int              `pulumi:"retentionPeriod,optional"` // hours
	EncryptionType          *string           `pulumi:"encryptionType,optional"`
	KMSKeyID                *string           `pulumi:"kmsKeyId,optional"`
	EnforceConsumerDeletion *bool             `pulumi:"enforceConsumerDeletion,optional"`
	Tags                    map[string]string `pulumi:"tags,optional"`
	ARN                     string            `pulumi:"arn,output"`
}

// StreamMode is PROVISIONED, the default, or ON_DEMAND.
type StreamMode struct {
	StreamMode string `pulumi:"streamMode"`
}

// withDefaults sets AWS's default of each input that is absent.
func (in StreamArgs) withDefaults() *StreamArgs {
	in.Mode = cmp.Or(in.Mode, &StreamMode{provisioned})
	in.RetentionPeriod = cmp.Or(in.RetentionPeriod, new(minRetention))
	in.EncryptionType = cmp.Or(in.EncryptionType, new("NONE"))
	in.EnforceConsumerDeletion = cmp.Or(in.EnforceConsumerDeletion, new(false))
	if *in.EncryptionType == "NONE" {
		in.KMSKeyID = nil
	}
	return &in
}

// checkStream validates as CreateStream and the AWS provider do.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
func checkStream(c *provider.Checker, in *StreamArgs) {
	checkName(c, in.Name)
	set := in.withDefaults()
	if !c.Unknown("streamModeDetails") {
		c.OneOf("streamModeDetails.streamMode", &set.Mode.StreamMode, provisioned, onDemand)
	}
	switch mode := set.Mode.StreamMode; {
	case c.Unknown("streamModeDetails") || c.Unknown("shardCount"):
	case mode == onDemand && in.ShardCount != nil:
		c.Failf("shardCount", "must not be set when streamModeDetails.streamMode is %s", onDemand)
	case mode == provisioned && in.ShardCount == nil:
		c.Failf("shardCount", "is required when streamModeDetails.streamMode is %s, which is the default", provisioned)
	}
	c.Range("shardCount", in.ShardCount, 1, maxShards)
	c.Range("retentionPeriod", in.RetentionPeriod, minRetention, maxRetention)
	c.OneOf("encryptionType", in.EncryptionType, "NONE", "KMS")
	if *set.EncryptionType == "KMS" && aws.ToString(in.KMSKeyID) == "" && !c.Unknown("kmsKeyId") {
		c.Failf("kmsKeyId", "is required when encryptionType is KMS")
	}
}

func checkName(c *provider.Checker, name *string) {
	c.Match("name", name, validName, "1 to 128 letters, digits and _.-")
}

func (s *Service) streamKind() provider.Kind {
	return &provider.Object[StreamArgs, stream]{
		Type:     "aws:kinesis/stream:Stream",
		AutoName: &provider.AutoName{Property: "name", Max: 128},
		Check:    checkStream,
		Find:     s.streamAt,
		State:    (*stream).state,
		Create:   s.createStream,
		Update:   s.updateStream,
		Delete:   s.deleteStream,
	}
}

func (s *Service) createStream(_ context.Context, in *StreamArgs) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[*in.Name] != nil {
		return "", refuse("ResourceInUseException", "Stream %s already exists.", *in.Name)
	}
	st := newStream(in, s.account.Clock.Now())
	s.streams[st.name] = st
	return st.arn, nil
}

// updateStream changes the shards, and then the rest. As on AWS, one update can at most double or halve the number of shards. A
// stream that leaves on-demand mode has the shards that it had.
func (s *Service) updateStream(_ context.Context, st *stream, in *StreamArgs) error {
	now := s.account.Clock.Now()
	var err error
	st.mu.Lock()
	if in.ShardCount != nil && *in.ShardCount != len(st.open) {
		err = st.scale(now, *in.ShardCount)
	}
	st.mu.Unlock()
	if err != nil {
		return fmt.Errorf("updating the shard count of stream %s: %w", st.name, err)
	}
	for _, sh := range st.live(now) { // what has expired does not come back with a longer period
		sh.mu.Lock()
		sh.trim(now)
		sh.mu.Unlock()
	}
	st.args.Store(in.withDefaults())
	return nil
}

func (st *stream) state() *StreamArgs {
	st.mu.RLock()
	defer st.mu.RUnlock()
	state := *st.args.Load()
	if state.ARN = st.arn; st.mode() == provisioned {
		state.ShardCount = new(len(st.open))
	}
	return &state
}

func (s *Service) deleteStream(_ context.Context, st *stream) error {
	st.mu.RLock()
	registered := len(st.consumers)
	st.mu.RUnlock()
	if registered > 0 && !*st.args.Load().EnforceConsumerDeletion {
		return refuse("ResourceInUseException", "Stream %s has %d registered consumers. Delete them, or set enforceConsumerDeletion, "+
			"before you delete the stream.", st.name, registered)
	}
	s.mu.Lock()
	delete(s.streams, st.name)
	s.mu.Unlock()
	st.close(s.account.Clock.Now())
	return nil
}

// ConsumerArgs are the inputs of aws:kinesis/streamConsumer:StreamConsumer.
type ConsumerArgs struct {
	Name      *string `pulumi:"name,optional,replace"`
	StreamARN string  `pulumi:"streamArn,replace"`
	ARN       string  `pulumi:"arn,output"`
	Created   string  `pulumi:"creationTimestamp,output"`
}

func (c *consumer) state() *ConsumerArgs {
	return &ConsumerArgs{&c.name, c.stream.arn, c.arn, c.created.UTC().Format(time.RFC3339)}
}

func (s *Service) consumerKind() provider.Kind {
	return &provider.Object[ConsumerArgs, consumer]{
		Type:     "aws:kinesis/streamConsumer:StreamConsumer",
		AutoName: &provider.AutoName{Property: "name", Max: 128},
		Check: func(c *provider.Checker, in *ConsumerArgs) {
			checkName(c, in.Name)
			if _, ok := nameOf(in.StreamARN); !ok && !c.Unknown("streamArn") {
				c.Failf("streamArn", "must be the ARN of a stream in this account and Region, got %q", in.StreamARN)
			}
		},
		Find:  s.consumerAt,
		State: (*consumer).state,
		Create: func(_ context.Context, in *ConsumerArgs) (string, error) {
			st, err := s.streamAt(in.StreamARN)
			if err != nil {
				return "", err
			}
			c, err := st.register(*in.Name, s.account.Clock.Now())
			if err != nil {
				return "", err
			}
			return c.arn, nil
		},
		Delete: func(_ context.Context, c *consumer) error {
			c.stream.mu.Lock()
			defer c.stream.mu.Unlock()
			delete(c.stream.consumers, c.name)
			return nil
		},
	}
}
