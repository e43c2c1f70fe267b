// Package kinesis is the embedded cloud's Amazon Kinesis Data Streams.
//
// A stream keeps its records in memory, each shard in a list of its own under a lock of its own, until the stream's
// retention period is over. Nothing runs while nobody asks: what is no longer retained goes at the next operation on
// its shard. Sequence numbers, hash keys, iterators, resharding and the limits of a shard are those of AWS.
//
// Differences from AWS:
//
//   - Changes act at once: a stream is always ACTIVE, shards are split and merged within the call, a record can be read
//     as soon as it was put.
//   - A shard at rest has saved up one second of its limits (1,000 records and 1 MiB written, 5 calls and 2 MiB read); what a
//     larger read takes on top has to be made good first. AWS tolerates somewhat more, and says not how much.
//   - An on-demand stream has four shards with the same limits, and does not scale by itself.
//   - Limits on how often control operations are called, on shards of an account and on changes per day are not kept.
//   - Records are at most 1 MiB: streams for larger ones cannot be made.
//   - There is no KMS and no CloudWatch: keys and shard-level metrics are only remembered.
//   - SubscribeToShard is there for other services of the cloud (ReadConsumer), and refused on the wire, as are
//     resource policies and the operations that create, delete and configure streams: Pulumi does that.
package kinesis

import (
	"context"
	"crypto/rand"
	"maps"
	"strings"
	"sync"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the Kinesis of one account.
type Service struct {
	wire.JSON
	account *account.Account
	secret  [32]byte // seals tokens

	mu      sync.RWMutex
	streams map[string]*stream // by name
}

// New returns a Kinesis without streams.
func New(a *account.Account) *Service {
	s := &Service{account: a, streams: map[string]*stream{}, JSON: wire.JSON{Target: "Kinesis_20131202", Version: "1.1"}}
	_, _ = rand.Read(s.secret[:]) // never fails
	wire.HandleJSON(&s.JSON, "PutRecord", s.putRecord)
	wire.HandleJSON(&s.JSON, "PutRecords", s.putRecords)
	wire.HandleJSON(&s.JSON, "GetShardIterator", s.getShardIterator)
	wire.HandleJSON(&s.JSON, "GetRecords", s.getRecords)
	wire.HandleJSON(&s.JSON, "DescribeStream", s.describeStream)
	wire.HandleJSON(&s.JSON, "DescribeStreamSummary", s.describeStreamSummary)
	wire.HandleJSON(&s.JSON, "ListStreams", s.listStreams)
	wire.HandleJSON(&s.JSON, "ListShards", s.listShards)
	wire.HandleJSON(&s.JSON, "ListTagsForStream", s.listTagsForStream)
	wire.HandleJSON(&s.JSON, "SplitShard", s.splitShard)
	wire.HandleJSON(&s.JSON, "MergeShards", s.mergeShards)
	wire.HandleJSON(&s.JSON, "UpdateShardCount", s.updateShardCount)
	wire.HandleJSON(&s.JSON, "IncreaseStreamRetentionPeriod", s.increaseRetention)
	wire.HandleJSON(&s.JSON, "DecreaseStreamRetentionPeriod", s.decreaseRetention)
	wire.HandleJSON(&s.JSON, "RegisterStreamConsumer", s.registerConsumer)
	wire.HandleJSON(&s.JSON, "DescribeStreamConsumer", s.describeConsumer)
	wire.HandleJSON(&s.JSON, "ListStreamConsumers", s.listConsumers)
	wire.HandleJSON(&s.JSON, "DeregisterStreamConsumer", s.deregisterConsumer)
	return s
}

// SigningName is kinesis.
func (s *Service) SigningName() string { return "kinesis" }

// StreamARN is the ARN of the stream with this name.
func StreamARN(name string) string { return account.ARN("kinesis", "stream/"+name) }

// streamInput names a stream: by one of them, or by both.
type streamInput struct{ StreamName, StreamARN string }

func (in streamInput) name() (string, error) {
	name := in.StreamName
	if in.StreamARN != "" {
		of, ok := nameOf(in.StreamARN)
		if !ok {
			return "", invalid("StreamARN %s is not the ARN of a stream in this account and Region.", in.StreamARN)
		}
		if name != "" && name != of {
			return "", invalid("StreamARN %s and StreamName %s name different streams.", in.StreamARN, name)
		}
		name = of
	}
	if name == "" {
		return "", invalid("Either StreamName or StreamARN should be provided.")
	}
	return name, nil
}

func nameOf(arn string) (name string, ok bool) {
	name, ok = strings.CutPrefix(arn, StreamARN(""))
	return name, ok && name != "" && !strings.Contains(name, "/")
}

// enter authorizes a call's action on a stream, and finds it.
func (s *Service) enter(c *wire.Call, action string, in streamInput) (*stream, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	if err := c.Authorize("kinesis:"+action, StreamARN(name)); err != nil {
		return nil, err
	}
	return s.stream(name)
}

func (s *Service) stream(name string) (*stream, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if st, ok := s.streams[name]; ok {
		return st, nil
	}
	return nil, errNoStream(name)
}

// streamAt finds the stream with an ARN.
func (s *Service) streamAt(arn string) (*stream, error) {
	name, ok := nameOf(arn)
	if !ok {
		return nil, errNoStream(arn)
	}
	return s.stream(name)
}

// Authorize decides an action, such as "kinesis:SubscribeToShard", of a principal on the ARN of a stream or a consumer;
// then injected faults of that action happen. Who is allowed to learns that it does not exist.
func (s *Service) Authorize(ctx context.Context, p policy.Principal, keys map[string]string, action, arn string) error {
	if err := s.allow(ctx, p, keys, action, arn); err != nil {
		return err
	}
	if _, _, ok := s.Stream(arn); !ok {
		return errNoStream(arn)
	}
	return nil
}

func (s *Service) allow(ctx context.Context, p policy.Principal, keys map[string]string, action, arn string) error {
	all := overTLS
	if len(keys) > 0 {
		all = maps.Clone(overTLS)
		maps.Copy(all, keys)
	}
	return s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: arn, Keys: all})
}

// overTLS has the condition key of a connection between AWS services. Nobody changes it.
var overTLS = map[string]string{"aws:SecureTransport": "true"}

// after lets the faults happen that strike between an action's effect and its answer.
func (s *Service) after(ctx context.Context, p policy.Principal, action, arn string) error {
	return s.account.Faults.After(ctx, fault.Event{Action: action, Resource: arn, Principal: p.String()})
}
