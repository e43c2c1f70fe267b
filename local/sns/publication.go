package sns

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	maxSize    = 256 << 10 // bytes of a message
	maxSubject = 100       // characters
)

// Publication is a message that another service publishes, for example Step Functions for a state machine.
type Publication struct {
	TopicARN    string
	Message     string
	Subject     *string
	TraceHeader string // X-Amzn-Trace-Id; empty for none
	Source      string // ARN of the resource for which a service publishes: aws:SourceArn; empty for none
}

// Publisher publishes for another service. *Service is one.
type Publisher interface {
	Publish(ctx context.Context, p policy.Principal, in Publication) (messageID string, err error)
}

// Publish does what the API's Publish does, with the same limits. p needs sns:Publish by its own policies or the topic's.
// Every refusal is a *wire.Error. That of a missing permission has the code AuthorizationError.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (s *Service) Publish(ctx context.Context, p policy.Principal, in Publication) (messageID string, err error) {
	var keys map[string]string
	if in.Source != "" {
		keys = map[string]string{"aws:SourceArn": in.Source, "aws:SourceAccount": account.ID, "aws:PrincipalIsAWSService": "true"}
	}
	return s.accept(ctx, p, keys, in.TopicARN, message{text: in.Message, subject: in.Subject, trace: in.TraceHeader})
}

type message struct {
	id, text, trace string
	subject         *string
	attributes      map[string]sqs.MessageAttribute
	at              time.Time
}

// accept authorizes the publisher of a message, validates it and delivers it. Deliveries go on when the publisher's connection ends.
func (s *Service) accept(ctx context.Context, p policy.Principal, keys map[string]string, arn string, m message) (string, error) {
	const action = "sns:Publish"
	t, subscriptions, err := s.find(arn, func(doc *policy.Document) error {
		err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: arn, ResourcePolicy: doc, Keys: keys})
		if refused, ok := errors.AsType[*policy.DeniedError](err); ok {
			return denied(refused)
		}
		return err
	})
	if err == nil {
		err = s.useKey(ctx, p, keys, t)
	}
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return "", err
	}
	s.count(t, "NumberOfMessagesPublished")
	m.id, m.at = uuid.NewString(), s.account.Clock.Now()
	delivering := context.WithoutCancel(ctx)
	done := s.trace(delivering, t, &m)
	for _, sub := range subscriptions {
		if !sub.pending() && sub.accepts(m) {
			s.deliver(delivering, &delivery{topic: t, subscription: sub.arn, message: s.render(sub, m)})
		}
	}
	done()
	return m.id, s.account.After(ctx, p, action, arn)
}

func (m *message) size() int {
	size := len(m.text)
	for name, a := range m.attributes {
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return size
}

var attributeTypes = []string{"String", "String.Array", "Number", "Binary"}

func (m *message) check() error {
	switch {
	case m.size() > maxSize:
		return invalid("Message too long")
	case m.text == "":
		return invalid("Empty message")
	case m.subject != nil && (*m.subject == "" || utf8.RuneCountInString(*m.subject) > maxSubject || strings.ContainsAny(*m.subject, "\r\n")):
		return invalid("Subject must be 1 to %d characters without line breaks", maxSubject)
	}
	for name, a := range m.attributes {
		switch {
		case !slices.Contains(attributeTypes, a.DataType):
			return invalid("The type of the message attribute %q must be one of %q", name, attributeTypes)
		case a.StringValue == "" && len(a.BinaryValue) == 0:
			return invalid("The message attribute %q must contain a non-empty value of its type %s", name, a.DataType)
		}
	}
	return nil
}

// active is the tracing mode of topics that record segments. All others pass the publisher's tracing header on.
const active = "Active"

// trace begins the segment of a message whose publisher's trace is sampled, if the topic traces actively, and makes the
// message continue from it. done ends the segment. Without X-Ray's resource policy for SNS, the segment is lost.
// https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
func (s *Service) trace(ctx context.Context, t *topic, m *message) (done func()) {
	h, ok := xray.ParseHeader(m.trace)
	s.mu.RLock()
	mode := t.args.Tracing
	s.mu.RUnlock()
	if !ok || !h.Sampled || mode == nil || *mode != active {
		return func() {}
	}
	segment := xray.Segment{
		TraceID: h.Root, ID: xray.NewID(), ParentID: h.Parent, Origin: "AWS::SNS::Topic", Start: m.at,
		Name: t.arn[strings.LastIndex(t.arn, ":")+1:],
	}
	h.Parent = segment.ID
	m.trace = h.String()
	return func() {
		segment.End = s.account.Clock.Now()
		if err := s.Traces.PutFor(ctx, policy.ServicePrincipal("sns.amazonaws.com"), t.arn, segment); err != nil {
			s.account.Log.Debug("the segment of a topic is lost", "topic", t.arn, "error", err)
		}
	}
}
