// Package sns is the embedded cloud's Amazon Simple Notification Service: standard topics that deliver to SQS queues.
// https://docs.aws.amazon.com/sns/latest/dg/welcome.html
//
// A publish is answered when every subscribed queue has the message, or a retry of its delivery is scheduled. SNS sends
// to a queue as the service sns.amazonaws.com, with the topic's ARN as aws:SourceArn, so that the queue's policy decides.
// Filter policies, raw delivery, retries and dead-letter queues of subscriptions work as on AWS.
//
// Differences from AWS:
//   - E-mail subscriptions are accepted and stay pending. No mail is sent.
//   - The signature of a notification cannot be verified.
//   - Retries have no jitter.
//   - Lists are not divided into pages.
package sns

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// Dependencies are the other services that SNS uses. All are required.
type Dependencies struct {
	Queues sqs.Sender
	Traces xray.Traces
}

// Service is the SNS of one account.
type Service struct {
	Dependencies
	wire.Name
	wire.Query
	account *account.Account
	closed  atomic.Bool

	mu            sync.RWMutex
	topics        map[string]*topic        // by ARN
	subscriptions map[string]*subscription // by ARN
}

// topic is a topic. Its fields but dropped change with the service's lock held.
type topic struct {
	arn        string
	args       TopicArgs
	policyText string
	policy     *policy.Document
	// subscriptions is replaced, never changed, so that a publish reads it without the lock.
	subscriptions []*subscription
	dropped       atomic.Int64
}

// New returns an SNS without topics.
func New(a *account.Account, d Dependencies) *Service {
	s := &Service{
		Dependencies: d, Name: "sns", account: a, topics: map[string]*topic{}, subscriptions: map[string]*subscription{},
		Query: wire.Query{XMLNS: "http://sns.amazonaws.com/doc/2010-03-31/", Version: "2010-03-31", Denied: denied},
	}
	s.register()
	return s
}

// Close ends all retries. Messages that are not delivered are lost. It returns no error.
func (s *Service) Close() error {
	s.closed.Store(true)
	return nil
}

// Dropped is how many deliveries of a topic failed for good and were not taken by a dead-letter queue.
func (s *Service) Dropped(topicARN string) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t := s.topics[topicARN]; t != nil {
		return t.dropped.Load()
	}
	return 0
}

// find returns a topic with its current subscriptions, if authorize allows the action by the topic's policy. The policy
// is nil if the topic does not exist.
func (s *Service) find(arn string, authorize func(*policy.Document) error) (*topic, []*subscription, error) {
	if !strings.HasPrefix(arn, account.ARN("sns", "")) {
		return nil, nil, invalid("TopicArn must be the ARN of a topic of this account and Region, got %q", arn)
	}
	s.mu.RLock()
	t := s.topics[arn]
	var doc *policy.Document
	var subscriptions []*subscription
	if t != nil {
		doc, subscriptions = t.policy, t.subscriptions
	}
	s.mu.RUnlock()
	if err := authorize(doc); err != nil {
		return nil, nil, err
	}
	if t == nil {
		return nil, nil, notFound("Topic")
	}
	return t, subscriptions, nil
}

// useKey authorizes a publisher's use of the topic's key:
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#send-to-encrypted-topic
func (s *Service) useKey(ctx context.Context, p policy.Principal, keys map[string]string, t *topic) error {
	s.mu.RLock()
	key := t.args.KMSKey
	s.mu.RUnlock()
	if key == nil {
		return nil
	}
	err := s.account.UseKey(ctx, account.KeyUse{Principal: p, Service: "sns", Key: *key, Keys: keys}, "kms:GenerateDataKey", "kms:Decrypt")
	return wire.KeyError(err, http.StatusBadRequest, "KMS%s", "")
}

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+format, args...)
}

func notFound(what string) error {
	return wire.Errorf(http.StatusNotFound, "NotFound", "%s does not exist", what)
}

// denied renders a missing permission as SNS does, with the prefix of the action in upper case.
func denied(d *policy.DeniedError) *wire.Error {
	upper := *d
	upper.Request.Action = strings.Replace(d.Request.Action, "sns:", "SNS:", 1)
	return wire.Errorf(http.StatusForbidden, "AuthorizationError", "%s", upper.Error())
}

// Throttled is what SNS answers to too many requests. It fits fault.Rule.Do.
func Throttled(context.Context, fault.Event) error {
	return wire.Errorf(http.StatusTooManyRequests, "Throttled", "Rate exceeded")
}
