package sqs

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxLimit = 10 // messages of one receive
	maxWait  = 20 // seconds
)

type sendInput struct {
	QueueURL string `json:"QueueUrl"`
	sendParameters
}

type sendEntry struct {
	ID string `json:"Id"`
	sendParameters
}

// sendParameters are what SendMessage and an entry of SendMessageBatch have in common.
type sendParameters struct {
	Body             string `json:"MessageBody"`
	DelaySeconds     *int
	Attributes       map[string]MessageAttribute `json:"MessageAttributes"`
	SystemAttributes map[string]MessageAttribute `json:"MessageSystemAttributes"`
}

type sendOutput struct {
	ID          string `json:"Id,omitempty"`
	MessageID   string `json:"MessageId"`
	MD5         string `json:"MD5OfMessageBody"`
	MD5Attrs    string `json:"MD5OfMessageAttributes,omitempty"`
	MD5SysAttrs string `json:"MD5OfMessageSystemAttributes,omitempty"`
}

func (s *Service) sendMessage(c *wire.Call, in *sendInput) (*sendOutput, error) {
	q, err := s.open(c, "SendMessage", in.QueueURL)
	if err != nil {
		return nil, err
	}
	return q.sendFrom(c, "", &in.sendParameters)
}

func (q *queue) sendFrom(c *wire.Call, id string, in *sendParameters) (*sendOutput, error) {
	m := Message{Body: in.Body, Attributes: in.Attributes, TraceHeader: c.Header.Get("X-Amzn-Trace-Id")}
	for name, a := range in.SystemAttributes {
		if name != "AWSTraceHeader" || a.DataType != "String" || a.StringValue == "" {
			return nil, invalid("Message system attribute name '%s' is invalid: only AWSTraceHeader, a String, can be sent.", name)
		}
		m.TraceHeader = a.StringValue
	}
	sent, err := q.send(c.Principal, m, in.DelaySeconds)
	if err != nil {
		return nil, err
	}
	return &sendOutput{id, sent.id, sent.md5, sent.md5Attrs, md5OfAttributes(in.SystemAttributes)}, nil
}

func (s *Service) sendMessageBatch(c *wire.Call, in *batchInput[sendEntry]) (*batchOutput[*sendOutput], error) {
	q, err := s.open(c, "SendMessage", in.QueueURL)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, e := range in.Entries {
		n, _ := (&Message{Body: e.Body, Attributes: e.Attributes}).check() // what is wrong fails with its entry
		size += n
	}
	if size > maxBatchSize {
		return nil, legacy(http.StatusBadRequest, "BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchSize, size)
	}
	return batch(in.Entries, func(e *sendEntry) string { return e.ID }, func(e *sendEntry) (*sendOutput, error) {
		return q.sendFrom(c, e.ID, &e.sendParameters)
	})
}

type receiveInput struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

type receiveOutput struct {
	Messages []Received `json:",omitempty"`
}

var systemAttributeNames = []string{
	"All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "AWSTraceHeader",
	"DeadLetterQueueSourceArn", "SequenceNumber", "MessageDeduplicationId", "MessageGroupId",
}

func (s *Service) receiveMessage(c *wire.Call, in *receiveInput) (*receiveOutput, error) {
	q, err := s.open(c, "ReceiveMessage", in.QueueURL)
	if err != nil {
		return nil, err
	}
	limit, visibility, wait := 1, -1, q.settings.Load().wait
	for _, p := range []struct {
		name   string
		given  *int
		lo, hi int
		set    *int
	}{
		{"MaxNumberOfMessages", in.MaxNumberOfMessages, 1, maxLimit, &limit},
		{"VisibilityTimeout", in.VisibilityTimeout, 0, maxVisibility, &visibility},
		{"WaitTimeSeconds", in.WaitTimeSeconds, 0, maxWait, &wait},
	} {
		if p.given == nil {
			continue
		}
		if *p.set = *p.given; *p.given < p.lo || *p.given > p.hi {
			return nil, outside(*p.given, p.name, p.lo, p.hi)
		}
	}
	system := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for _, name := range system {
		if !slices.Contains(systemAttributeNames, name) {
			return nil, refuse(http.StatusBadRequest, "InvalidAttributeName", "", "Unknown Attribute %s.", name)
		}
	}
	got, err := q.receive(c.Context(), limit, time.Duration(visibility)*time.Second, time.Duration(wait)*time.Second)
	if err != nil {
		return nil, err
	}
	for i := range got {
		got[i].show(system, in.MessageAttributeNames)
	}
	return &receiveOutput{got}, nil
}

// show leaves of a message's attributes those that were asked for, by name, by prefix.* or by All.
func (r *Received) show(system, custom []string) {
	if len(system) > 0 {
		r.Attributes = r.system.all()
		if !slices.Contains(system, "All") {
			for name := range r.Attributes {
				if !slices.Contains(system, name) {
					delete(r.Attributes, name)
				}
			}
		}
	}
	all := r.MessageAttributes // the queue's own
	r.MessageAttributes = nil
	for name, a := range all {
		if !slices.ContainsFunc(custom, func(want string) bool {
			prefix, wild := strings.CutSuffix(want, "*")
			return want == name || want == "All" || wild && strings.HasPrefix(name, strings.TrimSuffix(prefix, "."))
		}) {
			continue
		}
		if r.MessageAttributes == nil {
			r.MessageAttributes = map[string]MessageAttribute{}
		}
		r.MessageAttributes[name] = a
	}
	// The digest is of what is returned, so that the receiver can compute it.
	if len(r.MessageAttributes) != len(all) {
		r.MD5OfAttributes = md5OfAttributes(r.MessageAttributes)
	}
}

type receiptEntry struct {
	ID            string `json:"Id"`
	ReceiptHandle string
}

type batchResult struct {
	ID string `json:"Id"`
}

type deleteInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

func (s *Service) deleteMessage(c *wire.Call, in *deleteInput) (*struct{}, error) {
	q, err := s.open(c, "DeleteMessage", in.QueueURL)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, q.delete(in.ReceiptHandle)
}

func (s *Service) deleteMessageBatch(c *wire.Call, in *batchInput[receiptEntry]) (*batchOutput[batchResult], error) {
	q, err := s.open(c, "DeleteMessage", in.QueueURL)
	if err != nil {
		return nil, err
	}
	return batch(in.Entries, func(e *receiptEntry) string { return e.ID }, func(e *receiptEntry) (batchResult, error) {
		return batchResult{e.ID}, q.delete(e.ReceiptHandle)
	})
}

type visibilityParameters struct {
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (q *queue) change(p visibilityParameters) error {
	if p.VisibilityTimeout == nil {
		return missing("VisibilityTimeout")
	}
	return q.changeVisibility(p.ReceiptHandle, *p.VisibilityTimeout)
}

type changeInput struct {
	QueueURL string `json:"QueueUrl"`
	visibilityParameters
}

func (s *Service) changeMessageVisibility(c *wire.Call, in *changeInput) (*struct{}, error) {
	q, err := s.open(c, "ChangeMessageVisibility", in.QueueURL)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, q.change(in.visibilityParameters)
}

type changeEntry struct {
	ID string `json:"Id"`
	visibilityParameters
}

func (s *Service) changeMessageVisibilityBatch(c *wire.Call, in *batchInput[changeEntry]) (*batchOutput[batchResult], error) {
	q, err := s.open(c, "ChangeMessageVisibility", in.QueueURL)
	if err != nil {
		return nil, err
	}
	return batch(in.Entries, func(e *changeEntry) string { return e.ID }, func(e *changeEntry) (batchResult, error) {
		return batchResult{e.ID}, q.change(e.visibilityParameters)
	})
}
