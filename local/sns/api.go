package sns

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// Publication is what another service publishes, as Step Functions does for a state machine.
type Publication struct {
	TopicARN    string
	Message     string
	Subject     *string
	Attributes  map[string]sqs.MessageAttribute
	TraceHeader string // X-Amzn-Trace-Id; empty for none
}

// Publish publishes as the API's Publish does, with the same limits: p needs sns:Publish by its own policies or by the
// topic's. Every refusal is a *wire.Error, a missing permission one with the code AuthorizationError.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (s *Service) Publish(ctx context.Context, p policy.Principal, in Publication) (messageID string, err error) {
	const action = "sns:Publish"
	t, subscriptions, err := s.find(in.TopicARN, func(doc *policy.Document) error {
		err := s.account.Authorize(ctx, policy.Request{
			Principal: p, Action: action, Resource: in.TopicARN, ResourcePolicy: doc,
			Keys: map[string]string{"aws:SecureTransport": "true"},
		})
		var refused *policy.DeniedError
		if errors.As(err, &refused) {
			return denied(refused)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	m := messageInput{Message: in.Message, Subject: in.Subject}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		m.MessageAttributes = append(m.MessageAttributes, messageAttribute{name, in.Attributes[name]})
	}
	if m.size() > maxSize {
		return "", invalid("Message too long")
	}
	if messageID, err = s.accept(ctx, in.TraceHeader, t, subscriptions, &m); err != nil {
		return "", err
	}
	return messageID, s.account.Faults.After(ctx, fault.Event{Action: action, Resource: in.TopicARN, Principal: p.String()})
}
