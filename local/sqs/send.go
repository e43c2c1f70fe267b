package sqs

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Sender sends messages for other services. *Service is one. ClientSide tells whether an error is worth a retry.
type Sender interface {
	Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m Message) (messageID string, err error)
}

// Send sends a message for another service: SNS to a subscribed queue, Lambda to a destination. keys are the condition
// keys of the request, such as aws:SourceArn. The queue policy decides for a service principal.
func (s *Service) Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m Message) (messageID string, err error) {
	q, err := s.enter(ctx, p, keys, "sqs:SendMessage", queueARN)
	if err != nil {
		return "", err
	}
	sent, err := q.send(p, m, nil)
	if err != nil {
		return "", err
	}
	return sent.id, s.account.After(ctx, p, "sqs:SendMessage", queueARN)
}

// send validates a message and adds it to the queue. A nil delay is the queue's.
func (q *queue) send(p policy.Principal, m Message, delaySeconds *int) (*message, error) {
	size, err := m.check()
	if err != nil {
		return nil, err
	}
	set := q.settings.Load()
	if size > set.maxSize {
		return nil, invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", set.maxSize)
	}
	delay := set.delay
	if delaySeconds != nil {
		if delay = *delaySeconds; delay < 0 || delay > maxDelay {
			return nil, outside(delay, "DelaySeconds", 0, maxDelay)
		}
	}
	now := q.clock.Now()
	sent := newMessage(m, senderID(p), now)
	if !q.add(sent, now.Add(time.Duration(delay)*time.Second)) {
		return nil, noQueue()
	}
	q.publish(account.Count("NumberOfMessagesSent", 1))
	return sent, nil
}

func newMessage(m Message, sender string, sent time.Time) *message {
	return &message{Message: m, id: uuid.NewString(), md5: md5Hex(m.Body), md5Attrs: md5OfAttributes(m.Attributes), sender: sender, sent: sent}
}

// senderID is the unique id of a user or of a role's session. For an AWS service it is the service's name.
func senderID(p policy.Principal) string { return cmp.Or(p.ID, p.String()) }
