package sqs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Send sends a message as another service does: SNS to a subscribed queue, Lambda to a destination. keys are the
// condition keys of the request, such as aws:SourceArn. The queue policy decides for a service principal.
// ClientSide tells whether its error is worth another attempt.
//
// An AWS service cannot send to a queue that is encrypted with the key alias/aws/sqs, whose policy cannot be changed:
// https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
func (s *Service) Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m Message) (messageID string, err error) {
	q, err := s.enter(ctx, p, keys, "sqs:SendMessage", queueARN)
	if err != nil {
		return "", err
	}
	if q.settings.Load().kmsKey == awsManagedKey && p.Service != "" {
		return "", refuse(http.StatusBadRequest, "KmsAccessDenied", "KMS.AccessDeniedException", "The key policy of %s does not allow %s to use it.", awsManagedKey, p.Service)
	}
	sent, err := q.send(p, m, nil)
	if err != nil {
		return "", err
	}
	return sent.id, s.after(ctx, p, "sqs:SendMessage", queueARN)
}

// after lets the faults happen that strike between an action's effect and its answer.
func (s *Service) after(ctx context.Context, p policy.Principal, action, arn string) error {
	return s.account.Faults.After(ctx, fault.Event{Action: action, Resource: arn, Principal: p.String()})
}

// send checks a message and puts it into the queue. A nil delay is the queue's.
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
	sent := &message{
		Message: m, id: uuid.NewString(), md5: md5Hex(m.Body), md5Attrs: md5OfAttributes(m.Attributes),
		sender: senderID(p), sent: now,
	}
	if !q.add(sent, now.Add(time.Duration(delay)*time.Second)) {
		return nil, errNoQueue()
	}
	return sent, nil
}

// senderID is the unique id of a user or role's session; that of an AWS service is its name here.
func senderID(p policy.Principal) string {
	if p.ID != "" {
		return p.ID
	}
	return p.String()
}

// Receive receives up to limit messages, of any number unlike the API. It waits until one is visible, the time to wait
// is over or ctx ends, whose error it returns then. A visibility of 0 is the queue's VisibilityTimeout.
func (s *Service) Receive(ctx context.Context, p policy.Principal, queueARN string, limit int, visibility, wait time.Duration) ([]Received, error) {
	q, err := s.enter(ctx, p, nil, "sqs:ReceiveMessage", queueARN)
	if err != nil {
		return nil, err
	}
	if visibility == 0 {
		visibility = -1
	}
	got, err := q.receive(ctx, limit, visibility, wait)
	if err != nil {
		return nil, err
	}
	for i := range got {
		got[i].Attributes = got[i].system.all()
	}
	return got, s.after(ctx, p, "sqs:ReceiveMessage", queueARN)
}

// receive waits for messages. A negative visibility is the queue's.
func (q *queue) receive(ctx context.Context, limit int, visibility, wait time.Duration) ([]Received, error) {
	var timeout <-chan time.Time
	for {
		q.mu.Lock()
		if q.deleted {
			q.mu.Unlock()
			return nil, errNoQueue()
		}
		now := q.clock.Now()
		got, dead, target, err := q.take(limit, visibility, now)
		var wake chan struct{}
		if len(got) == 0 && err == nil && wait > 0 {
			wake = make(chan struct{})
			q.waiters = append(q.waiters, wake)
		}
		q.settle(now)
		q.mu.Unlock()
		q.bury(dead, target)
		if wake == nil {
			return got, err
		}
		if timeout == nil {
			timer := q.clock.NewTimer(wait)
			defer timer.Stop()
			timeout = timer.Chan()
		}
		select {
		case <-wake:
		case <-timeout:
			q.leave(wake)
			wait = 0 // one last look
		case <-ctx.Done():
			q.leave(wake)
			return nil, ctx.Err()
		}
	}
}

// leave ends a wait. What has woken it at the same moment wakes another.
func (q *queue) leave(wake chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiters {
		if w == wake {
			q.waiters = append(q.waiters[:i:i], q.waiters[i+1:]...)
			break
		}
	}
	q.settle(q.clock.Now())
}

// Delete deletes messages that were received. The error joins one for each handle that is not one of the queue's;
// the others are deleted all the same.
func (s *Service) Delete(ctx context.Context, p policy.Principal, queueARN string, receiptHandles []string) error {
	q, err := s.enter(ctx, p, nil, "sqs:DeleteMessage", queueARN)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range receiptHandles {
		errs = append(errs, q.delete(h))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.after(ctx, p, "sqs:DeleteMessage", queueARN)
}

// ChangeVisibility makes messages in flight visible in so long from now, in whole seconds, up to 12 hours after they
// were received. The error joins one for each handle that could not be changed.
func (s *Service) ChangeVisibility(ctx context.Context, p policy.Principal, queueARN string, receiptHandles []string, visibility time.Duration) error {
	q, err := s.enter(ctx, p, nil, "sqs:ChangeMessageVisibility", queueARN)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range receiptHandles {
		errs = append(errs, q.changeVisibility(h, int(visibility/time.Second)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.after(ctx, p, "sqs:ChangeMessageVisibility", queueARN)
}

// VisibilityTimeout is the queue's own; false if there is no such queue.
func (s *Service) VisibilityTimeout(queueARN string) (time.Duration, bool) {
	q := s.findARN(queueARN)
	if q == nil {
		return 0, false
	}
	return time.Duration(q.settings.Load().visibility) * time.Second, true
}

// create adds a queue. AWS answers a second creation with the same attributes with the queue that exists; here two
// owners of one queue are refused.
func (s *Service) create(name string, attributes, tags map[string]string) (*queue, error) {
	q := s.newQueue(name, defaults, tags)
	if err := s.configure(q, attributes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.queues[name] != nil {
		s.mu.Unlock()
		return nil, refuse(http.StatusBadRequest, "QueueNameExists", "QueueAlreadyExists", "A queue with the name %s exists already in account %s.", name, account.ID)
	}
	s.queues[name] = q
	d := s.deliveries[q.arn]
	s.mu.Unlock()
	q.deliver(d)
	return q, nil
}

func (s *Service) destroy(name string) {
	s.mu.Lock()
	q := s.queues[name]
	delete(s.queues, name)
	s.mu.Unlock()
	if q != nil {
		q.close()
	}
}
