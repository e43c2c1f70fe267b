// Package kinesis is the embedded cloud's Amazon Kinesis Data Streams.
//
// A stream keeps its records in memory until its retention period ends. Each shard has a list of records and a lock. There
// are no background goroutines: an operation on a shard first removes the expired records. Hash keys, iterators, resharding
// and the limits of writing to a shard are those of AWS.
//
// Differences from AWS:
//
//   - Changes take effect immediately: a stream is always ACTIVE, splits and merges happen within the call, a record can be
//     read as soon as it was put.
//   - A shard allows a burst of one second of its limits (1,000 records and 1 MiB written). AWS tolerates somewhat more, and does
//     not publish how much. Reading is not limited.
//   - Sequence numbers are shorter.
//   - An on-demand stream has four shards with the same limits, and does not scale.
//   - There are no limits of the rate of control operations, of the shards of an account or of changes per day.
//   - A record has at most 1 MiB.
//   - Lists are complete: there are no pages. The only filter of ListShards is AT_LATEST. GetRecords returns no ChildShards.
//   - Streams and consumers are created, changed and deleted by Pulumi, not by operations. SubscribeToShard is available to
//     other services of the embedded cloud only (Read).
package kinesis

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the Kinesis of one account.
type Service struct {
	wire.Name
	wire.JSON
	account *account.Account

	mu      sync.RWMutex
	streams map[string]*stream // by name
}

// New returns a Kinesis without streams.
func New(a *account.Account) *Service {
	s := &Service{Name: "kinesis", account: a, streams: map[string]*stream{}, JSON: wire.JSON{Target: "Kinesis_20131202", Version: "1.1"}}
	wire.HandleOn(&s.JSON, "PutRecord", s.enter, s.putRecord)
	wire.HandleOn(&s.JSON, "PutRecords", s.enter, s.putRecords)
	wire.HandleOn(&s.JSON, "GetShardIterator", s.enter, s.getShardIterator)
	wire.Handle(&s.JSON, "GetRecords", s.getRecords)
	wire.HandleOn(&s.JSON, "DescribeStream", s.enter, s.describeStream)
	wire.HandleOn(&s.JSON, "DescribeStreamSummary", s.enter, describeStreamSummary)
	wire.HandleAllowed(&s.JSON, "kinesis:ListStreams", "*", s.listStreams)
	wire.HandleOn(&s.JSON, "ListShards", s.enter, s.listShards)
	wire.HandleOn(&s.JSON, "SplitShard", s.enter, s.splitShard)
	wire.HandleOn(&s.JSON, "ListStreamConsumers", s.enter, listConsumers)
	return s
}

// StreamARN is the ARN of the stream with this name.
func StreamARN(name string) string { return account.ARN("kinesis", "stream/"+name) }

type streamInput struct{ StreamName, StreamARN string }

func (in streamInput) name() (string, error) {
	name := in.StreamName
	if in.StreamARN != "" {
		of, ok := nameOf(in.StreamARN)
		if !ok {
			return "", invalid("StreamARN %s is not the ARN of a stream of this account and Region.", in.StreamARN)
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

func (in streamInput) Target() streamInput { return in }

func (s *Service) enter(c *wire.Call, in streamInput) (*stream, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	if err := c.Authorize("kinesis:"+c.Operation, StreamARN(name)); err != nil {
		s.countThrottle(name, c.Operation, err)
		return nil, err
	}
	st, err := s.stream(name)
	if err != nil {
		return nil, err
	}
	return st, s.useKey(c.Context(), c.Principal, "kinesis:"+c.Operation, st)
}

// keyActions are what the principal of an action needs on the key of the stream:
// https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
var keyActions = map[string][]string{
	"kinesis:PutRecord": {"kms:GenerateDataKey"}, "kinesis:PutRecords": {"kms:GenerateDataKey"},
	"kinesis:GetRecords": {"kms:Decrypt"}, "kinesis:SubscribeToShard": {"kms:Decrypt"},
}

func (s *Service) useKey(ctx context.Context, p policy.Principal, action string, st *stream) error {
	err := s.account.UseKey(ctx, account.KeyUse{
		Principal: p, Service: "kinesis", Key: aws.ToString(st.args.Load().KMSKeyID), Context: map[string]string{"aws:kinesis:arn": st.arn},
	}, keyActions[action]...)
	return wire.KeyError(err, http.StatusBadRequest, "KMS%sException", "")
}

func (s *Service) stream(name string) (*stream, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Found(s.streams[name], errNoStream(name))
}

func (s *Service) streamAt(arn string) (*stream, error) {
	name, ok := nameOf(arn)
	if !ok {
		return nil, errNoStream(arn)
	}
	return s.stream(name)
}

// Authorize decides whether a principal may perform an action, such as "kinesis:SubscribeToShard", on the ARN of a stream or
// a consumer. Injected faults of the action apply. A principal that is allowed gets ResourceNotFoundException if there is no
// such stream or consumer.
func (s *Service) Authorize(ctx context.Context, p policy.Principal, action, arn string) error {
	if err := s.allow(ctx, p, action, arn); err != nil {
		return err
	}
	_, _, err := s.resolve(arn)
	return err
}

func (s *Service) allow(ctx context.Context, p policy.Principal, action, arn string) error {
	err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: arn})
	s.countThrottle(strings.TrimPrefix(arn, StreamARN("")), action, err)
	return err
}

// publish publishes metrics of a stream: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
func (s *Service) publish(stream string, values ...account.Value) {
	s.account.Publish("AWS/Kinesis", map[string]string{"StreamName": stream}, values...)
}

func (s *Service) countPut(stream string, size int, err error) {
	if err == nil {
		s.publish(stream, account.Count("IncomingRecords", 1), account.Value{Metric: "IncomingBytes", Unit: "Bytes", Value: float64(size)})
		return
	}
	s.countThrottle(stream, "PutRecord", err)
}

// countRead publishes the age of the last record of a read; 0 without records.
func (s *Service) countRead(stream string, f *found, now time.Time) {
	age := time.Duration(0)
	if n := len(f.entries); n > 0 {
		age = max(0, now.Sub(time.UnixMilli(f.entries[n-1].arrived)))
	}
	s.publish(stream, account.Milliseconds("GetRecords.IteratorAgeMilliseconds", age))
}

// countThrottle publishes that a shard, or an injected fault of an action, has rejected a read or a write.
func (s *Service) countThrottle(stream, action string, err error) {
	if wire.Code(err) != "ProvisionedThroughputExceededException" {
		return
	}
	switch action = strings.TrimPrefix(action, "kinesis:"); action {
	case "PutRecord", "PutRecords":
		s.publish(stream, account.Count("WriteProvisionedThroughputExceeded", 1))
	case "GetRecords":
		s.publish(stream, account.Count("ReadProvisionedThroughputExceeded", 1))
	}
}

func refuse(code, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func invalid(format string, args ...any) *wire.Error {
	return refuse("InvalidArgumentException", format, args...)
}

// invalidMember is the error for a parameter that violates the model of the API.
func invalidMember(member, format string, args ...any) *wire.Error {
	return refuse("ValidationException", member+" "+format, args...)
}

func errNoStream(name string) *wire.Error {
	return refuse("ResourceNotFoundException", "Stream %s under account %s not found.", name, account.ID)
}

func errNoShard(stream, shard string) *wire.Error {
	return refuse("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist", shard, stream, account.ID)
}

// Throttled is the error of Kinesis when a shard is written to or read from faster than its limits allow. Tests return it
// from fault.Rule.Do.
func Throttled(stream, shard string) error {
	return refuse("ProvisionedThroughputExceededException", "Rate exceeded for shard %s in stream %s under account %s.", shard, stream, account.ID)
}

func codeAndMessage(err error) (code, message string) {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Code, e.Message
	}
	return "InternalFailure", err.Error()
}
