package sqs

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"
)

// Received is a message as a consumer gets it.
type Received struct {
	MessageID         string                      `json:"MessageId"`
	ReceiptHandle     string                      // of this receive
	Body              string                      //
	MD5OfBody         string                      // in hexadecimal
	MD5OfAttributes   string                      `json:"MD5OfMessageAttributes,omitempty"`
	Attributes        map[string]string           `json:",omitempty"` // system attributes
	MessageAttributes map[string]MessageAttribute `json:",omitempty"`

	system systemAttributes
}

// systemAttributes are what a message's system attributes are made of, when somebody asks.
type systemAttributes struct {
	sender, trace, source string
	receives              int
	sent, first           time.Time
}

func (q *queue) received(m *message) Received {
	return Received{
		MessageID: m.id, ReceiptHandle: q.handle(m), Body: m.Body, MD5OfBody: m.md5,
		MD5OfAttributes: m.md5Attrs, MessageAttributes: m.Attributes,
		system: systemAttributes{m.sender, m.TraceHeader, m.source, m.receives, m.sent, m.firstReceived},
	}
}

// all returns every system attribute that the message has.
func (a *systemAttributes) all() map[string]string {
	millis := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	m := map[string]string{
		"SenderId":                         a.sender,
		"SentTimestamp":                    millis(a.sent),
		"ApproximateReceiveCount":          strconv.Itoa(a.receives),
		"ApproximateFirstReceiveTimestamp": millis(a.first),
	}
	if a.trace != "" {
		m["AWSTraceHeader"] = a.trace
	}
	if a.source != "" {
		m["DeadLetterQueueSourceArn"] = a.source
	}
	return m
}

// handle names one receive of one message of one queue.
func (q *queue) handle(m *message) string {
	var b [20]byte
	binary.BigEndian.PutUint64(b[0:], q.nonce)
	binary.BigEndian.PutUint64(b[8:], m.seq)
	binary.BigEndian.PutUint32(b[16:], m.receipt)
	return base64.StdEncoding.EncodeToString(b[:])
}

// held finds the message of a handle: nil if it is gone, or was received again, which makes the handle an old one.
// The caller holds the lock.
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

// delete removes a message. An old handle, or one whose message is gone, succeeds without effect.
func (q *queue) delete(handle string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.held(handle)
	if err != nil || m == nil {
		return err
	}
	now := q.clock.Now()
	if !q.redeliver(m, now) {
		q.remove(m)
	}
	q.settle(now)
	return nil
}

const maxVisibility = 43_200 // seconds

// changeVisibility makes a message in flight visible in so many seconds from now.
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
	q.settle(now)
	return nil
}
