package sqs

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

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
