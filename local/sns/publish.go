package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxSize    = 256 << 10 // bytes of a message or a batch
	maxSubject = 100       // characters
	maxEntries = 10        // of a batch
)

// message is what a publisher publishes.
type message struct {
	id, text, subject, trace string
	attributes               map[string]sqs.MessageAttribute
	at                       time.Time
}

// messageInput is what Publish and an entry of PublishBatch have in common.
type messageInput struct {
	Message           string
	Subject           *string
	MessageAttributes []messageAttribute
}

type messageAttribute struct {
	Name  string
	Value sqs.MessageAttribute
}

type publishInput struct {
	TopicARN string `json:"TopicArn"`
	messageInput
}

type publishOutput struct {
	MessageID string `xml:"MessageId"`
}

func (s *Service) publish(c *wire.Call, in *publishInput) (*publishOutput, error) {
	t, subscriptions, err := s.open(c, "Publish", in.TopicARN)
	if err != nil {
		return nil, err
	}
	if in.size() > maxSize {
		return nil, invalid("Message too long")
	}
	id, err := s.accept(c.Context(), c.Header.Get(traceHeader), t, subscriptions, &in.messageInput)
	return &publishOutput{id}, err
}

const traceHeader = "X-Amzn-Trace-Id"

// accept checks a message and delivers it. Deliveries outlive the publisher's connection.
func (s *Service) accept(ctx context.Context, trace string, t *topic, subscriptions []*subscription, in *messageInput) (string, error) {
	m, err := in.check()
	if err != nil {
		return "", err
	}
	m.id, m.at, m.trace = uuid.NewString(), s.account.Clock.Now(), trace
	ctx = context.WithoutCancel(ctx)
	for _, sub := range subscriptions {
		if !sub.pending() && sub.filter.matches(m.attributes) {
			s.deliver(ctx, &delivery{topic: t, subscription: sub.arn, message: s.render(sub, m)})
		}
	}
	return m.id, nil
}

func (in *messageInput) size() int {
	size := len(in.Message)
	for _, a := range in.MessageAttributes {
		size += len(a.Name) + len(a.Value.DataType) + len(a.Value.StringValue) + len(a.Value.BinaryValue)
	}
	return size
}

var (
	attributeName  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	attributeTypes = []string{"String", "String.Array", "Number", "Binary"}
	control        = regexp.MustCompile(`[\x00-\x1f\x7f]`)
)

func (in *messageInput) check() (message, error) {
	m := message{text: in.Message}
	switch {
	case in.Message == "":
		return m, invalid("Empty message")
	case !utf8.ValidString(in.Message):
		return m, invalid("Message Reason: not UTF-8")
	case in.Subject != nil && (*in.Subject == "" || utf8.RuneCountInString(*in.Subject) > maxSubject || control.MatchString(*in.Subject)):
		return m, invalid("Subject Reason: must be 1 to %d characters without line breaks", maxSubject)
	case in.Subject != nil:
		m.subject = *in.Subject
	}
	if len(in.MessageAttributes) > 0 {
		m.attributes = make(map[string]sqs.MessageAttribute, len(in.MessageAttributes))
	}
	for _, a := range in.MessageAttributes {
		_, twice := m.attributes[a.Name]
		binary := a.Value.DataType == "Binary"
		switch {
		case twice || len(a.Name) > 256 || !attributeName.MatchString(a.Name):
			return m, invalid("The message attribute name %q is not valid, or given twice", a.Name)
		case !slices.Contains(attributeTypes, a.Value.DataType):
			return m, invalid("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", a.Name)
		case binary && len(a.Value.BinaryValue) == 0, !binary && a.Value.StringValue == "":
			return m, invalid("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", a.Name, a.Value.DataType)
		}
		m.attributes[a.Name] = a.Value
	}
	return m, nil
}

type publishBatchInput struct {
	TopicARN string       `json:"TopicArn"`
	Entries  batchEntries `json:"PublishBatchRequestEntries"`
}

// batchEntries is a list that may be empty, which the query protocol writes as an empty string.
type batchEntries []batchEntry

// UnmarshalJSON implements json.Unmarshaler.
func (e *batchEntries) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode((*[]batchEntry)(e))
}

type batchEntry struct {
	ID string `json:"Id"`
	messageInput
}

type publishBatchOutput struct {
	Successful []batchResult `xml:"Successful>member"`
	Failed     []batchError  `xml:"Failed>member"`
}

type batchResult struct {
	ID        string `xml:"Id"`
	MessageID string `xml:"MessageId"`
}

type batchError struct {
	ID          string `xml:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (s *Service) publishBatch(c *wire.Call, in *publishBatchInput) (*publishBatchOutput, error) {
	t, subscriptions, err := s.open(c, "Publish", in.TopicARN)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries); err != nil {
		return nil, err
	}
	out := &publishBatchOutput{}
	for i := range in.Entries {
		e := &in.Entries[i]
		id, err := s.accept(c.Context(), c.Header.Get(traceHeader), t, subscriptions, &e.messageInput)
		var failed *wire.Error
		switch {
		case err == nil:
			out.Successful = append(out.Successful, batchResult{e.ID, id})
		case errors.As(err, &failed):
			out.Failed = append(out.Failed, batchError{e.ID, failed.Code, failed.Message, true})
		default:
			return nil, err
		}
	}
	return out, nil
}

func checkBatch(entries []batchEntry) error {
	refuse := func(code, format string, args ...any) error {
		return wire.Errorf(http.StatusBadRequest, code, format, args...)
	}
	switch n := len(entries); {
	case n == 0:
		return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	case n > maxEntries:
		return refuse("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible: %d of %d.", n, maxEntries)
	}
	size, seen := 0, map[string]bool{}
	for i := range entries {
		e := &entries[i]
		if !entryID.MatchString(e.ID) {
			return refuse("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification: %q", e.ID)
		}
		if seen[e.ID] {
			return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id: %s", strings.TrimSpace(e.ID))
		}
		seen[e.ID] = true
		size += e.size()
	}
	if size > maxSize {
		return refuse("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit of %d bytes.", maxSize)
	}
	return nil
}
