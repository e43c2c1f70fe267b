package sqs

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Message is what a sender sends.
type Message struct {
	// Body is 1 byte to the queue's MaximumMessageSize of the characters that XML 1.0 allows.
	Body string
	// Attributes are up to ten message attributes.
	Attributes map[string]MessageAttribute
	// TraceHeader becomes the system attribute AWSTraceHeader; empty for none.
	TraceHeader string
}

// MessageAttribute is the value of a message attribute: a BinaryValue if DataType begins with Binary, else a
// StringValue. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
type MessageAttribute struct {
	DataType    string // String, Number or Binary, optionally with a dot and a label
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func (a MessageAttribute) binary() bool { return strings.HasPrefix(a.DataType, "Binary") }

const maxAttributes = 10

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\.[^\x00-\x1f]+)?$`)
	reservedName  = regexp.MustCompile(`(?i)^(AWS|Amazon)\.`)
	number        = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)
)

// check validates a message and returns its size in bytes. The trace header does not count.
func (m *Message) check() (int, error) {
	if m.Body == "" {
		return 0, missing("MessageBody")
	}
	if !allowedText(m.Body) {
		return 0, refuse(http.StatusBadRequest, "InvalidMessageContents", "",
			"Invalid characters found: the message body may contain #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.")
	}
	if len(m.Attributes) > maxAttributes {
		return 0, invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(m.Attributes), maxAttributes)
	}
	size := len(m.Body)
	for name, a := range m.Attributes {
		if err := a.check(name); err != nil {
			return 0, err
		}
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return size, nil
}

func (a MessageAttribute) check(name string) error {
	switch {
	case len(name) > 256 || !attributeName.MatchString(name) || reservedName.MatchString(name):
		return invalid("The message attribute name '%s' must be up to 256 letters, digits, _, - and single dots between them, and not begin with AWS. or Amazon.", name)
	case len(a.DataType) > 256 || !attributeType.MatchString(a.DataType):
		return invalid("The type of the message attribute '%s' must be String, Number or Binary, optionally with a dot and a label.", name)
	case a.binary() && (len(a.BinaryValue) == 0 || a.StringValue != ""),
		!a.binary() && (a.StringValue == "" || len(a.BinaryValue) > 0):
		return invalid("The message attribute '%s' must contain a non-empty value of its type '%s'.", name, a.DataType)
	case strings.HasPrefix(a.DataType, "Number") && !number.MatchString(a.StringValue):
		return invalid("Can't cast the value of message attribute '%s' to a number.", name)
	case !allowedText(a.StringValue):
		return invalid("The message attribute '%s' contains invalid characters.", name)
	}
	return nil
}

func allowedText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// md5OfAttributes follows "Calculating the MD5 message digest for message attributes" of the developer guide. It is
// empty without attributes.
func md5OfAttributes(attributes map[string]MessageAttribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var buf []byte
	add := func(s string) {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		add(name)
		add(a.DataType)
		if a.binary() {
			buf = append(buf, 2)
			add(string(a.BinaryValue))
		} else {
			buf = append(buf, 1)
			add(a.StringValue)
		}
	}
	return fmt.Sprintf("%x", md5.Sum(buf))
}

const (
	maxEntries   = 10      // of a batch
	maxBatchSize = 1 << 20 // bytes
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch refuses a batch as a whole, by the ids of its entries and by its size in bytes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
func checkBatch(ids []string, size int) error {
	refused := func(code, format string, args ...any) error {
		return legacy(http.StatusBadRequest, code, format, args...)
	}
	if len(ids) == 0 {
		return refused("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(ids) > maxEntries {
		return refused("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(ids))
	}
	for i, id := range ids {
		if !entryID.MatchString(id) {
			return refused("InvalidBatchEntryId", "The Id of a batch entry must be 1 to 80 letters, digits, _ and -, got %q.", id)
		}
		if slices.Contains(ids[:i], id) {
			return refused("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
	}
	if size > maxBatchSize {
		return refused("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchSize, size)
	}
	return nil
}

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
	return &message{Message: m, id: uuid.NewString(), md5: fmt.Sprintf("%x", md5.Sum([]byte(m.Body))), md5Attrs: md5OfAttributes(m.Attributes), sender: sender, sent: sent}
}

// senderID is the unique id of a user or of a role's session. For an AWS service it is the service's name.
func senderID(p policy.Principal) string { return cmp.Or(p.ID, p.String()) }
