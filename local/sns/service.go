// Package sns is the embedded cloud's Amazon Simple Notification Service: standard topics that deliver to SQS queues.
// Subscriptions of e-mail addresses are accepted and stay pending, because nobody can confirm them: no mail is sent.
//
// A publish is answered once every subscribed queue has the message or its delivery waits to be retried. SNS sends to
// a queue as the service sns.amazonaws.com, with the topic's ARN as aws:SourceArn, so that the queue's policy decides.
//
// Differences from AWS, beside what is refused by name: the signature of an envelope has AWS's shape and cannot be
// verified; active tracing passes the trace header on as PassThrough does, and adds no segment; retries have no
// jitter; lists are not divided into pages.
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
)

// Queues is what SNS needs of SQS. The error of Send tells by sqs.ClientSide whether another attempt is worth while.
type Queues interface {
	Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m sqs.Message) (messageID string, err error)
}

// Service is the SNS of one account.
type Service struct {
	wire.Query
	account *account.Account
	queues  Queues
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
	keys          map[string]string // condition keys of its deliveries
	dropped       atomic.Int64
}

// New returns an SNS without topics.
func New(a *account.Account, queues Queues) *Service {
	s := &Service{
		account: a, queues: queues, topics: map[string]*topic{}, subscriptions: map[string]*subscription{},
		Query: wire.Query{XMLNS: "http://sns.amazonaws.com/doc/2010-03-31/", Version: "2010-03-31", Denied: denied},
	}
	wire.HandleQuery(&s.Query, "Publish", s.publish)
	wire.HandleQuery(&s.Query, "PublishBatch", s.publishBatch)
	wire.HandleQuery(&s.Query, "ListTopics", s.listTopics)
	wire.HandleQuery(&s.Query, "ListSubscriptions", s.listSubscriptions)
	wire.HandleQuery(&s.Query, "ListSubscriptionsByTopic", s.listSubscriptionsByTopic)
	wire.HandleQuery(&s.Query, "GetTopicAttributes", s.getTopicAttributes)
	wire.HandleQuery(&s.Query, "GetSubscriptionAttributes", s.getSubscriptionAttributes)
	wire.HandleQuery(&s.Query, "ListTagsForResource", s.listTags)
	return s
}

// SigningName is sns.
func (s *Service) SigningName() string { return "sns" }

// Close ends all retries. What was not delivered by then is lost, as everything that the embedded cloud holds.
func (s *Service) Close() { s.closed.Store(true) }

// Dropped is how many deliveries of a topic were given up without a dead-letter queue to take them.
func (s *Service) Dropped(topicARN string) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t := s.topics[topicARN]; t != nil {
		return t.dropped.Load()
	}
	return 0
}

// open authorizes an action on a topic, and finds it with its subscriptions as they are now.
func (s *Service) open(c *wire.Call, action, arn string) (*topic, []*subscription, error) {
	return s.find(arn, func(doc *policy.Document) error {
		return c.Authorize("sns:"+action, arn, wire.WithResourcePolicy(doc))
	})
}

// find is open for any caller: authorize decides by the topic's policy, which is nil for a topic that does not exist.
func (s *Service) find(arn string, authorize func(*policy.Document) error) (*topic, []*subscription, error) {
	if !strings.HasPrefix(arn, account.ARN("sns", "")) {
		return nil, nil, invalid("TopicArn Reason: no ARN of a topic of this account and Region: %q", arn)
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

func notFound(what string) error {
	return wire.Errorf(http.StatusNotFound, "NotFound", "%s does not exist", what)
}

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+format, args...)
}

// denied words a missing permission as SNS does.
func denied(d *policy.DeniedError) *wire.Error {
	upper := *d
	upper.Request.Action = strings.Replace(d.Request.Action, "sns:", "SNS:", 1)
	return wire.Errorf(http.StatusForbidden, "AuthorizationError", "%s", upper.Error())
}

// Throttled is what SNS answers to too many requests. It fits fault.Rule.Do.
func Throttled(context.Context, fault.Event) error {
	return wire.Errorf(http.StatusTooManyRequests, "Throttled", "Rate exceeded")
}
