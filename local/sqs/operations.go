package sqs

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

type getURLInput struct{ QueueName string }

func (s *Service) getQueueURL(c *wire.Call, in *getURLInput) (wire.Object, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if _, err := s.allow(c, "GetQueueUrl", QueueARN(in.QueueName), noQueue()); err != nil {
		return nil, err
	}
	return wire.Object{"QueueUrl": s.QueueURL(in.QueueName)}, nil
}

type getAttributesInput struct {
	queueInput
	AttributeNames []string
}

func getQueueAttributes(c *wire.Call, q *queue, in *getAttributesInput) (wire.Object, error) {
	all := q.attributes()
	for _, name := range in.AttributeNames {
		if _, present := all[name]; !present && !slices.Contains(policies, name) && name != "All" {
			return nil, unknownAttribute(name)
		}
	}
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(all, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	return wire.Object{}.With(wire.Object{"Attributes": all}), nil
}

type setAttributesInput struct {
	queueInput
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(c *wire.Call, q *queue, in *setAttributesInput) (*struct{}, error) {
	if len(in.Attributes) == 0 {
		return nil, missing("Attribute.Name")
	}
	return &struct{}{}, s.configure(q, in.Attributes)
}

type listQueuesInput struct{ QueueNamePrefix string }

func (s *Service) listQueues(_ *wire.Call, in *listQueuesInput) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var urls []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			urls = append(urls, s.QueueURL(name))
		}
	}
	return wire.Object{}.With(wire.Object{"QueueUrls": urls}), nil
}

// purgeQueue deletes all messages. As on AWS, a queue can be purged once in 60 seconds.
func purgeQueue(c *wire.Call, q *queue, in *queueInput) (*struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	if now.Before(q.purged.Add(time.Minute)) {
		return nil, legacy(http.StatusForbidden, "PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged = now
	q.clear()
	return &struct{}{}, nil
}

func (s *Service) register() {
	wire.HandleOn(&s.JSON, "SendMessage", s.open, sendMessage)
	wire.HandleOn(&s.JSON, "SendMessageBatch", s.open, sendMessageBatch)
	wire.HandleOn(&s.JSON, "ReceiveMessage", s.open, receiveMessage)
	wire.HandleOn(&s.JSON, "DeleteMessage", s.open, deleteMessage)
	wire.HandleOn(&s.JSON, "ChangeMessageVisibility", s.open, changeMessageVisibility)
	wire.Handle(&s.JSON, "GetQueueUrl", s.getQueueURL)
	wire.HandleOn(&s.JSON, "GetQueueAttributes", s.open, getQueueAttributes)
	wire.HandleOn(&s.JSON, "SetQueueAttributes", s.open, s.setQueueAttributes)
	wire.HandleAllowed(&s.JSON, "sqs:ListQueues", "*", s.listQueues)
	wire.HandleOn(&s.JSON, "PurgeQueue", s.open, purgeQueue)
	wire.Handle(&s.JSON, "StartMessageMoveTask", s.startMessageMoveTask)
	wire.Handle(&s.JSON, "ListMessageMoveTasks", s.listMessageMoveTasks)
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

func (in queueInput) Target() string { return in.QueueURL }

type sendInput struct {
	queueInput
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

func sendMessage(c *wire.Call, q *queue, in *sendInput) (*sendOutput, error) {
	return q.sendFrom(c, "", &in.sendParameters)
}

func (q *queue) sendFrom(c *wire.Call, id string, in *sendParameters) (*sendOutput, error) {
	m := Message{Body: in.Body, Attributes: in.Attributes, TraceHeader: c.Header.Get("X-Amzn-Trace-Id")}
	for name, a := range in.SystemAttributes {
		if name != "AWSTraceHeader" || a.DataType != "String" || a.StringValue == "" {
			return nil, invalid("The only message system attribute that can be sent is AWSTraceHeader, a String, got '%s'.", name)
		}
		m.TraceHeader = a.StringValue
	}
	sent, err := q.send(c.Principal, m, in.DelaySeconds)
	if err != nil {
		return nil, err
	}
	return &sendOutput{id, sent.id, sent.md5, sent.md5Attrs, md5OfAttributes(in.SystemAttributes)}, nil
}

type sendBatchInput struct {
	queueInput
	Entries []sendEntry
}

type sendEntry struct {
	ID string `json:"Id"`
	sendParameters
}

type sendBatchOutput struct {
	Successful []*sendOutput `json:",omitempty"`
	Failed     []batchError  `json:",omitempty"`
}

type batchError struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

func sendMessageBatch(c *wire.Call, q *queue, in *sendBatchInput) (*sendBatchOutput, error) {
	ids, size := make([]string, len(in.Entries)), 0
	for i, e := range in.Entries {
		n, _ := (&Message{Body: e.Body, Attributes: e.Attributes}).check() // an invalid message fails with its entry
		ids[i], size = e.ID, size+n
	}
	if err := checkBatch(ids, size); err != nil {
		return nil, err
	}
	out := &sendBatchOutput{}
	for i := range in.Entries {
		e := &in.Entries[i]
		sent, err := q.sendFrom(c, e.ID, &e.sendParameters)
		if err == nil {
			out.Successful = append(out.Successful, sent)
			continue
		}
		failed, ok := errors.AsType[*wire.Error](err)
		if !ok {
			return nil, err
		}
		out.Failed = append(out.Failed, batchError{e.ID, true, failed.Query, failed.Message})
	}
	return out, nil
}

type receiveInput struct {
	queueInput
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

const maxLimit = 10 // messages of one receive

var systemAttributeNames = []string{
	"All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "AWSTraceHeader", "DeadLetterQueueSourceArn",
}

func receiveMessage(c *wire.Call, q *queue, in *receiveInput) (*receiveOutput, error) {
	limit, visibility, wait := 1, -1, q.settings.Load().wait
	for _, p := range []struct {
		name       string
		given, set *int
		lo, hi     int
	}{
		{"MaxNumberOfMessages", in.MaxNumberOfMessages, &limit, 1, maxLimit},
		{"VisibilityTimeout", in.VisibilityTimeout, &visibility, 0, maxVisibility},
		{"WaitTimeSeconds", in.WaitTimeSeconds, &wait, 0, maxWait},
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
			return nil, unknownAttribute(name)
		}
	}
	got, err := q.receive(c.Context(), limit, time.Duration(visibility)*time.Second, time.Duration(wait)*time.Second)
	if err != nil {
		return nil, err
	}
	for i := range got {
		got[i].selectAttributes(system, in.MessageAttributeNames)
	}
	return &receiveOutput{got}, nil
}

type deleteInput struct {
	queueInput
	ReceiptHandle string
}

func deleteMessage(c *wire.Call, q *queue, in *deleteInput) (*struct{}, error) {
	return &struct{}{}, q.delete(in.ReceiptHandle)
}

type changeInput struct {
	deleteInput
	VisibilityTimeout *int
}

func changeMessageVisibility(c *wire.Call, q *queue, in *changeInput) (*struct{}, error) {
	if in.VisibilityTimeout == nil {
		return nil, missing("VisibilityTimeout")
	}
	return &struct{}{}, q.changeVisibility(in.ReceiptHandle, *in.VisibilityTimeout)
}
