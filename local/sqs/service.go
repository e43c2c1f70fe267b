// Package sqs is the embedded cloud's Amazon Simple Queue Service: standard queues.
//
// A queue keeps its messages in memory, in one list of those that can be received and one heap of what happens to
// each next: it becomes visible, or its retention ends. Nothing runs while nobody asks; a queue has one timer, and
// only while somebody waits in a long poll. Redrive policies, queue policies and message move tasks are obeyed, and
// tests may ask for the disorder that AWS reserves to itself: see Delivery.
//
// Differences from AWS, beside what is refused by name (FIFO queues, fair queues, list values of attributes): a
// receive looks at the whole queue, so that a short poll finds every message; counts are exact; a change of an
// attribute acts at once; there is no KMS, so that a key is only remembered (but see Send for the key that AWS services
// cannot use).
package sqs

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the SQS of one account.
type Service struct {
	wire.JSON
	account *account.Account

	// Locks are taken in this order: taskMu, a task's, a queue's, mu.
	taskMu sync.Mutex
	tasks  []*moveTask // oldest first

	mu         sync.RWMutex
	queues     map[string]*queue   // by name
	deliveries map[string]Delivery // by ARN
}

// New returns an SQS without queues.
func New(a *account.Account) *Service {
	s := &Service{
		account: a, queues: map[string]*queue{}, deliveries: map[string]Delivery{},
		JSON: wire.JSON{Target: "AmazonSQS", Version: "1.0", Namespace: "com.amazonaws.sqs", Denied: denied},
	}
	wire.HandleJSON(&s.JSON, "SendMessage", s.sendMessage)
	wire.HandleJSON(&s.JSON, "SendMessageBatch", s.sendMessageBatch)
	wire.HandleJSON(&s.JSON, "ReceiveMessage", s.receiveMessage)
	wire.HandleJSON(&s.JSON, "DeleteMessage", s.deleteMessage)
	wire.HandleJSON(&s.JSON, "DeleteMessageBatch", s.deleteMessageBatch)
	wire.HandleJSON(&s.JSON, "ChangeMessageVisibility", s.changeMessageVisibility)
	wire.HandleJSON(&s.JSON, "ChangeMessageVisibilityBatch", s.changeMessageVisibilityBatch)
	wire.HandleJSON(&s.JSON, "GetQueueUrl", s.getQueueURL)
	wire.HandleJSON(&s.JSON, "GetQueueAttributes", s.getQueueAttributes)
	wire.HandleJSON(&s.JSON, "SetQueueAttributes", s.setQueueAttributes)
	wire.HandleJSON(&s.JSON, "ListQueues", s.listQueues)
	wire.HandleJSON(&s.JSON, "ListQueueTags", s.listQueueTags)
	wire.HandleJSON(&s.JSON, "ListDeadLetterSourceQueues", s.listDeadLetterSourceQueues)
	wire.HandleJSON(&s.JSON, "PurgeQueue", s.purgeQueue)
	wire.HandleJSON(&s.JSON, "StartMessageMoveTask", s.startMessageMoveTask)
	wire.HandleJSON(&s.JSON, "ListMessageMoveTasks", s.listMessageMoveTasks)
	wire.HandleJSON(&s.JSON, "CancelMessageMoveTask", s.cancelMessageMoveTask)
	return s
}

// SigningName is sqs.
func (s *Service) SigningName() string { return "sqs" }

// QueueARN is the ARN of the queue with this name.
func QueueARN(name string) string { return account.ARN("sqs", name) }

// QueueURL is the URL of the queue with this name: ENDPOINT/ACCOUNT/NAME.
func (s *Service) QueueURL(name string) string {
	return s.account.Endpoint() + "/" + account.ID + "/" + name
}

// nameOf reads the queue's name from a URL. The host is not compared: the endpoint has several names.
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

func (s *Service) find(name string) *queue {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.queues[name]
}

func (s *Service) findARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, QueueARN(""))
	if !ok {
		return nil
	}
	return s.find(name)
}

// open authorizes a call's action on the queue with this URL, and finds it.
func (s *Service) open(c *wire.Call, action, queueURL string) (*queue, error) {
	name, err := nameOf(queueURL)
	if err != nil {
		return nil, err
	}
	return s.allow(c, action, QueueARN(name))
}

func (s *Service) allow(c *wire.Call, action, arn string) (*queue, error) {
	q := s.findARN(arn)
	if err := c.Authorize("sqs:"+action, arn, wire.WithResourcePolicy(q.accessPolicy())); err != nil {
		return nil, err
	}
	if q == nil {
		return nil, errNoQueue()
	}
	return q, nil
}

// Authorize decides an action, such as "sqs:GetQueueAttributes", of a principal on a queue, by the principal's
// policies and the queue's. An AWS service learns that a queue does not exist; others must be allowed to.
func (s *Service) Authorize(ctx context.Context, p policy.Principal, keys map[string]string, action, queueARN string) error {
	_, err := s.enter(ctx, p, keys, action, queueARN)
	return err
}

func (s *Service) enter(ctx context.Context, p policy.Principal, keys map[string]string, action, queueARN string) (*queue, error) {
	q := s.findARN(queueARN)
	if q == nil && p.Service != "" {
		return nil, errNoQueue()
	}
	err := s.account.Authorize(ctx, policy.Request{
		Principal: p, Action: action, Resource: queueARN, ResourcePolicy: q.accessPolicy(), Keys: overTLS(keys),
	})
	if err == nil && q == nil {
		err = errNoQueue()
	}
	return q, err
}

// overTLS adds the condition key of a connection between AWS services.
func overTLS(keys map[string]string) map[string]string {
	const key = "aws:SecureTransport"
	if _, ok := keys[key]; ok {
		return keys
	}
	all := map[string]string{key: "true"}
	for k, v := range keys {
		all[k] = v
	}
	return all
}

// Sender sends messages for other services. *Service is one. ClientSide tells whether an error is worth a retry.
type Sender interface {
	Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m Message) (messageID string, err error)
}
