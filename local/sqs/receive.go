package sqs

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Receive receives messages for another service. Unlike the API it has no upper bound for limit. It waits until a
// message is visible, wait is over, or ctx ends. In the last case it returns the error of ctx. A visibility of 0 is the
// queue's VisibilityTimeout.
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
	return got, s.account.After(ctx, p, "sqs:ReceiveMessage", queueARN)
}

// receive waits for messages. A negative visibility is the queue's.
func (q *queue) receive(ctx context.Context, limit int, visibility, wait time.Duration) ([]Received, error) {
	var timeout <-chan time.Time
	for {
		q.mu.Lock()
		if q.deleted {
			q.mu.Unlock()
			return nil, noQueue()
		}
		now := q.clock.Now()
		got, dead, target := q.take(limit, visibility, now)
		var wake chan struct{}
		if len(got) == 0 && wait > 0 {
			wake = make(chan struct{})
			q.waiters = append(q.waiters, wake)
		}
		q.notify(now)
		q.mu.Unlock()
		q.moveToDLQ(dead, target)
		if wake == nil {
			if len(got) > 0 {
				q.publish(account.Count("NumberOfMessagesReceived", len(got)))
			}
			return got, nil
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
			wait = 0 // try once more
		case <-ctx.Done():
			q.leave(wake)
			return nil, ctx.Err()
		}
	}
}

// leave ends a wait. If a message has woken it at the same moment, another waiter is woken.
func (q *queue) leave(wake chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiters = slices.DeleteFunc(q.waiters, func(w chan struct{}) bool { return w == wake })
	q.notify(q.clock.Now())
}

// take receives up to limit messages. Messages that have been received too often are returned as dead, with the
// dead-letter queue that they belong to. If that queue is gone, they are received as before. The caller holds the lock.
func (q *queue) take(limit int, visibility time.Duration, now time.Time) (got []Received, dead []*message, target *queue) {
	q.advance(now)
	if q.delivery.Hold || q.counts[ready] == 0 {
		return nil, nil, nil
	}
	set := q.settings.Load()
	if set.redrive != nil {
		target = q.service.findARN(set.redrive.Target)
	}
	if visibility < 0 {
		visibility = time.Duration(set.visibility) * time.Second
	}
	for len(got) < limit && q.counts[ready] > 0 {
		m := q.pick()
		if target != nil && m.receivesHere >= set.redrive.MaxReceiveCount {
			q.remove(m)
			dead = append(dead, m)
			continue
		}
		m.receives++
		m.receivesHere++
		m.receipt++
		if m.received = now; m.firstReceived.IsZero() {
			m.firstReceived = now
		}
		q.move(m, inFlight, now.Add(visibility))
		got = append(got, q.received(m))
	}
	return got, dead, target
}

// moveToDLQ moves messages to the dead-letter queue. They keep their ids and ages. The caller holds no lock.
func (q *queue) moveToDLQ(dead []*message, target *queue) {
	for _, m := range dead {
		m.source, m.receivesHere = q.arn, 0
		if !target.add(m, m.sent) {
			q.add(m, m.sent) // the target was deleted in the meantime
		}
	}
}

// Delete deletes messages that were received. The error joins one for each handle that is not the queue's. The other
// messages are deleted.
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
	return s.account.After(ctx, p, "sqs:DeleteMessage", queueARN)
}

// Received is a message as a consumer gets it.
type Received struct {
	MessageID         string                      `json:"MessageId"`
	ReceiptHandle     string                      // of this receive
	Body              string                      //
	MD5OfBody         string                      // in hexadecimal
	MD5OfAttributes   string                      `json:"MD5OfMessageAttributes,omitempty"`
	Attributes        map[string]string           `json:",omitempty"` // system attributes
	MessageAttributes map[string]MessageAttribute `json:",omitempty"`
}

func (q *queue) received(m *message) Received {
	return Received{
		MessageID: m.id, ReceiptHandle: q.handle(m), Body: m.Body, MD5OfBody: m.md5,
		MD5OfAttributes: m.md5Attrs, MessageAttributes: m.Attributes, Attributes: m.systemAttributes(),
	}
}

func (m *message) systemAttributes() map[string]string {
	millis := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	all := map[string]string{
		"SenderId":                         m.sender,
		"SentTimestamp":                    millis(m.sent),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": millis(m.firstReceived),
	}
	if m.TraceHeader != "" {
		all["AWSTraceHeader"] = m.TraceHeader
	}
	if m.source != "" {
		all["DeadLetterQueueSourceArn"] = m.source
	}
	return all
}

// selectAttributes keeps the attributes that were asked for by name, by prefix.* or by All.
func (r *Received) selectAttributes(system, custom []string) {
	if !slices.Contains(system, "All") {
		maps.DeleteFunc(r.Attributes, func(name, _ string) bool { return !slices.Contains(system, name) })
	}
	all := r.MessageAttributes // shared with the queue
	r.MessageAttributes = maps.Clone(all)
	maps.DeleteFunc(r.MessageAttributes, func(name string, _ MessageAttribute) bool {
		return !slices.ContainsFunc(custom, func(asked string) bool {
			prefix, wild := strings.CutSuffix(asked, "*")
			return asked == name || asked == "All" || wild && strings.HasPrefix(name, strings.TrimSuffix(prefix, "."))
		})
	})
	// The digest is of the attributes that are returned, so that the receiver can verify it.
	if len(r.MessageAttributes) != len(all) {
		r.MD5OfAttributes = md5OfAttributes(r.MessageAttributes)
	}
}

func (q *queue) handle(m *message) string {
	var b [20]byte
	binary.BigEndian.PutUint64(b[0:], q.nonce)
	binary.BigEndian.PutUint64(b[8:], m.seq)
	binary.BigEndian.PutUint32(b[16:], m.receipt)
	return base64.StdEncoding.EncodeToString(b[:])
}

// held returns the message of a receipt handle. It is nil if the message is gone, or was received again since. The caller
// holds the lock.
func (q *queue) held(handle string) (*message, error) {
	if handle == "" {
		return nil, missing("ReceiptHandle")
	}
	b, err := base64.StdEncoding.DecodeString(handle)
	if err != nil || len(b) != 20 || binary.BigEndian.Uint64(b) != q.nonce {
		return nil, refuse(http.StatusBadRequest, "ReceiptHandleIsInvalid", "", "The input receipt handle %q is invalid.", handle)
	}
	m := q.messages[binary.BigEndian.Uint64(b[8:])]
	if m == nil || m.receipt != binary.BigEndian.Uint32(b[16:]) {
		return nil, nil
	}
	return m, nil
}

// delete removes a message. An old handle, or that of a message that is gone, succeeds without effect.
func (q *queue) delete(handle string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.held(handle)
	if err != nil || m == nil {
		return err
	}
	now := q.clock.Now()
	if !q.redeliver(m) {
		q.remove(m)
	}
	q.notify(now)
	q.publish(account.Count("NumberOfMessagesDeleted", 1))
	return nil
}

// changeVisibility makes a message in flight visible in this number of seconds.
func (q *queue) changeVisibility(handle string, seconds int) error {
	if seconds < 0 || seconds > maxVisibility {
		return outside(seconds, "VisibilityTimeout", 0, maxVisibility)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	q.advance(now)
	m, err := q.held(handle)
	switch {
	case err != nil:
		return err
	case m == nil:
		return invalid("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", handle)
	case m.state != inFlight:
		return legacy(http.StatusBadRequest, "MessageNotInflight", "The message %s is not in flight.", m.id)
	}
	visibleAt := now.Add(time.Duration(seconds) * time.Second)
	if visibleAt.Sub(m.received) > maxVisibility*time.Second {
		return invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%d seconds].", seconds, maxVisibility)
	}
	q.move(m, inFlight, visibleAt)
	q.notify(now)
	return nil
}
