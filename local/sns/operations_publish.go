package sns

import (
	"errors"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

// messageInput is what Publish and an entry of PublishBatch have in common.
type messageInput struct {
	Message           string
	Subject           *string
	MessageAttributes []struct {
		Name  string
		Value sqs.MessageAttribute
	}
}

// message returns the message of the input. An attribute that is given twice is refused.
func (in *messageInput) message(c *wire.Call) (message, error) {
	m := message{text: in.Message, subject: in.Subject, trace: c.Header.Get("X-Amzn-Trace-Id")}
	for _, a := range in.MessageAttributes {
		if m.attributes == nil {
			m.attributes = map[string]sqs.MessageAttribute{}
		}
		if _, twice := m.attributes[a.Name]; twice {
			return m, invalid("The message attribute %q is given twice", a.Name)
		}
		m.attributes[a.Name] = a.Value
	}
	return m, nil
}

func (s *Service) publishInput(c *wire.Call, t *topic, subscriptions []*subscription, in *messageInput) (string, error) {
	m, err := in.message(c)
	if err != nil {
		return "", err
	}
	return s.accept(c.Context(), t, subscriptions, m)
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
	id, err := s.publishInput(c, t, subscriptions, &in.messageInput)
	return &publishOutput{id}, err
}

type publishBatchInput struct {
	TopicARN string       `json:"TopicArn"`
	Entries  batchEntries `json:"PublishBatchRequestEntries"`
}

// batchEntries is a list that may be empty. The query protocol writes an empty list as an empty string.
type batchEntries []batchEntry

// UnmarshalJSON implements json.Unmarshaler.
func (e *batchEntries) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		return nil
	}
	return strictjson.Decode(b, (*[]batchEntry)(e))
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

func (s *Service) publishBatch(c *wire.Call, in *publishBatchInput) (*publishBatchOutput, error) {
	t, subscriptions, err := s.open(c, "Publish", in.TopicARN)
	if err != nil {
		return nil, err
	}
	ids, size := make([]string, len(in.Entries)), 0
	for i := range in.Entries {
		m, _ := in.Entries[i].message(c) // an attribute that is given twice fails with its entry
		ids[i], size = in.Entries[i].ID, size+m.size()
	}
	if code, message := sqs.CheckBatch(ids, size, maxSize); code != "" {
		return nil, refuse(code, "%s", message)
	}
	out := &publishBatchOutput{}
	for i := range in.Entries {
		e := &in.Entries[i]
		id, err := s.publishInput(c, t, subscriptions, &e.messageInput)
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
