// Package sqs is the embedded cloud's Amazon Simple Queue Service: standard queues.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html
//
// A queue keeps its messages in memory: a list of the messages that can be received, and a heap of all messages by when
// something happens to them next. Either a message becomes visible, or its retention ends. No goroutine runs for a queue.
// It has one timer, and only during a long poll. Redrive policies, queue policies and message move tasks work as on AWS.
// Tests can ask for the disorder that AWS allows itself: see Delivery.
//
// Differences from AWS:
//   - A receive searches the whole queue, so that a short poll finds every message.
//   - Any number of messages can be in flight. Counts are exact, and a change of an attribute takes effect at once.
//   - maxReceiveCount must be a number, not a string.
//   - What is received is decided by the key of the queue, not by the one with which a message was encrypted in another queue.
//   - A message move task is done when its start is answered. It has no rate.
//   - There are no FIFO queues, fair queues, queues of other accounts (QueueOwnerAWSAccountId), list values of attributes, and no
//     pages of lists.
package sqs

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the SQS of one account.
type Service struct {
	wire.Name
	wire.JSON
	account *account.Account

	mu         sync.RWMutex
	queues     map[string]*queue   // by name
	deliveries map[string]Delivery // by ARN
	moves      []*moveTask         // oldest first
}

// New returns an SQS without queues.
func New(a *account.Account) *Service {
	s := &Service{
		Name: "sqs", account: a, queues: map[string]*queue{}, deliveries: map[string]Delivery{},
		JSON: wire.JSON{Target: "AmazonSQS", Version: "1.0", Namespace: "com.amazonaws.sqs", Denied: denied},
	}
	s.register()
	a.Gauges = append(a.Gauges, s.gauge)
	return s
}

// QueueARN is the ARN of the queue with this name.
func QueueARN(name string) string { return account.ARN("sqs", name) }

// QueueURL is the URL of the queue with this name: ENDPOINT/ACCOUNT/NAME.
func (s *Service) QueueURL(name string) string {
	return s.account.Endpoint() + "/" + account.ID + "/" + name
}

// nameOf returns the queue's name in a URL. The host is not compared, because the endpoint has several names.
func nameOf(queueURL string) (string, error) {
	if queueURL == "" {
		return "", missing("QueueUrl")
	}
	u, err := url.Parse(queueURL)
	if err == nil {
		if name, ok := strings.CutPrefix(u.Path, "/"+account.ID+"/"); ok && queueName.MatchString(name) {
			return name, nil
		}
	}
	return "", refuse(http.StatusBadRequest, "InvalidAddress", "", "The address %s is not valid for this endpoint.", queueURL)
}

// findARN returns the queue with this ARN, nil if there is none.
func (s *Service) findARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, QueueARN(""))
	if !ok {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.queues[name]
}

func (s *Service) findURL(queueURL string) (*queue, error) {
	name, err := nameOf(queueURL)
	if err != nil {
		return nil, err
	}
	return wire.Found(s.findARN(QueueARN(name)), noQueue())
}

// open authorizes a call's operation on the queue with this URL, and returns the queue. A batch needs the permission of its
// single operation.
func (s *Service) open(c *wire.Call, queueURL string) (*queue, error) {
	name, err := nameOf(queueURL)
	if err != nil {
		return nil, err
	}
	return s.allow(c, strings.TrimSuffix(c.Operation, "Batch"), QueueARN(name), noQueue())
}

// allow authorizes a call's action on the queue with this ARN, and returns the queue, or absent if it does not exist.
func (s *Service) allow(c *wire.Call, action, arn string, absent error) (*queue, error) {
	q := s.findARN(arn)
	if err := c.Authorize("sqs:"+action, arn, wire.With{ResourcePolicy: q.accessPolicy()}); err != nil {
		return nil, err
	}
	if q == nil {
		return nil, absent
	}
	return q, s.useKey(c.Context(), c.Principal, nil, "sqs:"+action, q)
}

// keyActions are what the principal of an action needs on the key of the queue. A message that is moved to a dead-letter queue
// needs nothing: SQS does not encrypt it anew.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
var keyActions = map[string][]string{
	"sqs:SendMessage":    {"kms:GenerateDataKey", "kms:Decrypt"},
	"sqs:ReceiveMessage": {"kms:Decrypt"},
}

// useKey authorizes the use of the queue's key for an action. keys are the condition keys of the request.
func (s *Service) useKey(ctx context.Context, p policy.Principal, keys map[string]string, action string, q *queue) error {
	err := s.account.UseKey(ctx, account.KeyUse{
		Principal: p, Service: "sqs", Key: q.settings.Load().kmsKey, Keys: keys,
	}, keyActions[action]...)
	return wire.KeyError(err, http.StatusBadRequest, "Kms%s", "KMS.%sException")
}

// VisibilityTimeout returns the queue's VisibilityTimeout, and false if there is no such queue.
func (s *Service) VisibilityTimeout(queueARN string) (time.Duration, bool) {
	q := s.findARN(queueARN)
	if q == nil {
		return 0, false
	}
	return time.Duration(q.settings.Load().visibility) * time.Second, true
}

// Authorize decides an action, such as "sqs:GetQueueAttributes", of a principal on a queue, by the policies of the
// principal and the queue. An AWS service learns that a queue does not exist, another principal only if it is allowed
// the action.
func (s *Service) Authorize(ctx context.Context, p policy.Principal, keys map[string]string, action, queueARN string) error {
	_, err := s.enter(ctx, p, keys, action, queueARN)
	return err
}

func (s *Service) enter(ctx context.Context, p policy.Principal, keys map[string]string, action, queueARN string) (*queue, error) {
	q := s.findARN(queueARN)
	if q == nil && p.Service != "" {
		return nil, noQueue()
	}
	err := s.account.Authorize(ctx, policy.Request{
		Principal: p, Action: action, Resource: queueARN, ResourcePolicy: q.accessPolicy(), Keys: keys,
	})
	if err == nil && q == nil {
		err = noQueue()
	}
	if err == nil {
		err = s.useKey(ctx, p, keys, action, q)
	}
	return q, err
}

// create adds a queue. AWS returns an existing queue with the same attributes. Two owners of one queue are refused here.
func (s *Service) create(name string, attributes, tags map[string]string) (*queue, error) {
	q := s.newQueue(name, tags)
	if err := s.configure(q, attributes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.queues[name] != nil {
		s.mu.Unlock()
		return nil, refuse(http.StatusBadRequest, "QueueNameExists", "QueueAlreadyExists", "A queue with the name %s exists already in account %s.", name, account.ID)
	}
	q.setDelivery(s.deliveries[q.arn]) // before anybody else has the queue: its lock comes before the service's
	s.queues[name] = q
	s.mu.Unlock()
	return q, nil
}

func (s *Service) destroy(q *queue) {
	s.mu.Lock()
	delete(s.queues, q.name)
	s.mu.Unlock()
	q.close()
}

// poisonReceives is how often a message may be received before the age of the oldest message leaves it out.
const poisonReceives = 3

// publish publishes metrics of the queue:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (q *queue) publish(values ...account.Value) {
	q.service.account.Publish("AWS/SQS", q.dimensions, values...)
}

// gauge publishes what is in the queues. On AWS, queues that are empty and unused for six hours publish nothing.
func (s *Service) gauge(end time.Time, publish func(string, map[string]string, ...account.Value)) {
	s.mu.RLock()
	queues := slices.Collect(maps.Values(s.queues)) // a queue that is locked may find another one
	s.mu.RUnlock()
	for _, q := range queues {
		publish("AWS/SQS", q.dimensions, q.contents(end)...)
	}
}

// contents counts the messages. A message that was moved to a dead-letter queue is as old as its move.
func (q *queue) contents(at time.Time) []account.Value {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(q.clock.Now())
	values := []account.Value{account.Count("ApproximateNumberOfMessagesVisible", q.counts[ready])}
	if n := q.counts[inFlight]; n > 0 {
		values = append(values, account.Count("ApproximateNumberOfMessagesNotVisible", n))
	}
	if n := q.counts[delayed]; n > 0 {
		values = append(values, account.Count("ApproximateNumberOfMessagesDelayed", n))
	}
	oldest := at
	for _, m := range q.messages {
		if m.receivesHere < poisonReceives && m.arrived.Before(oldest) {
			oldest = m.arrived
		}
	}
	if age := at.Sub(oldest); age > 0 {
		values = append(values, account.Value{Metric: "ApproximateAgeOfOldestMessage", Unit: "Seconds", Value: age.Truncate(time.Second).Seconds()})
	}
	return values
}
