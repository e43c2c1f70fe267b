package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// subscription is one endpoint's. It is replaced, never changed.
type subscription struct {
	arn        string
	topic      *topic
	args       SubscriptionArgs
	filter     filter
	deadLetter string // ARN of a queue; empty for none
}

// SubscriptionArgs are the inputs of aws:sns/topicSubscription:TopicSubscription.
type SubscriptionArgs struct {
	Topic              string  `pulumi:"topic,replace"`
	Protocol           string  `pulumi:"protocol,replace"`
	Endpoint           string  `pulumi:"endpoint,replace"`
	RawMessageDelivery *bool   `pulumi:"rawMessageDelivery,optional"`
	FilterPolicy       *string `pulumi:"filterPolicy,optional"`
	FilterPolicyScope  *string `pulumi:"filterPolicyScope,optional"`
	RedrivePolicy      *string `pulumi:"redrivePolicy,optional"`
}

const (
	scopeAttributes = "MessageAttributes"

	protocolSQS   = "sqs"
	protocolEmail = "email"
)

func (s *subscription) raw() bool {
	return s.args.RawMessageDelivery != nil && *s.args.RawMessageDelivery
}

// pending tells whether the subscription waits for its confirmation, as those of e-mail addresses do for ever: their
// owner would have to follow a link in a mail. Nothing is delivered to them.
// https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
func (s *subscription) pending() bool { return s.args.Protocol == protocolEmail }

type subscriptionState struct {
	SubscriptionArgs
	ARN                          string `pulumi:"arn"`
	OwnerID                      string `pulumi:"ownerId"`
	PendingConfirmation          bool   `pulumi:"pendingConfirmation"`
	ConfirmationWasAuthenticated bool   `pulumi:"confirmationWasAuthenticated"`
}

func (s *subscription) state() *subscriptionState {
	return &subscriptionState{
		SubscriptionArgs: s.args, ARN: s.arn, OwnerID: account.ID,
		PendingConfirmation: s.pending(), ConfirmationWasAuthenticated: !s.pending(),
	}
}

// parse reads the policies among the inputs, or returns the property that is not accepted.
func (s *subscription) parse() (property string, err error) {
	if p := s.args.FilterPolicy; p != nil && *p != "" {
		if s.filter, err = parseFilter(*p); err != nil {
			return "filterPolicy", err
		}
	}
	if p := s.args.RedrivePolicy; p != nil && *p != "" {
		var redrive struct {
			Target string `json:"deadLetterTargetArn"`
		}
		if err := json.Unmarshal([]byte(*p), &redrive); err != nil {
			return "redrivePolicy", err
		}
		if s.deadLetter = redrive.Target; !isQueue(s.deadLetter) {
			return "redrivePolicy", fmt.Errorf("deadLetterTargetArn must be the ARN of a standard queue, got %q", s.deadLetter)
		}
	}
	return "", nil
}

var emailAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)

func isQueue(arn string) bool {
	name, ok := strings.CutPrefix(arn, account.ARN("sqs", ""))
	return ok && name != "" && !strings.HasSuffix(name, ".fifo")
}

func (s *Service) subscriptionKind() provider.Kind {
	return &provider.Resource[SubscriptionArgs, subscriptionState]{
		Type: "aws:sns/topicSubscription:TopicSubscription",
		Check: func(c *provider.Checker, in *SubscriptionArgs) {
			sub := &subscription{args: *in}
			switch {
			case c.Unknown("protocol"):
			case in.Protocol != protocolSQS && in.Protocol != protocolEmail:
				c.Failf("protocol", "must be sqs or email: the embedded cloud does not deliver to %q", in.Protocol)
			case c.Unknown("endpoint"):
			case in.Protocol == protocolSQS && !isQueue(in.Endpoint):
				c.Failf("endpoint", "must be the ARN of a standard queue in this account and Region, got %q", in.Endpoint)
			case in.Protocol == protocolEmail && !emailAddress.MatchString(in.Endpoint):
				c.Failf("endpoint", "must be an e-mail address, got %q", in.Endpoint)
			}
			if in.Protocol == protocolEmail && sub.raw() {
				c.Failf("rawMessageDelivery", "is not supported by the protocol email")
			}
			if in.FilterPolicyScope != nil && *in.FilterPolicyScope != scopeAttributes {
				c.Failf("filterPolicyScope", "must be %s: the embedded cloud does not filter by %q", scopeAttributes, *in.FilterPolicyScope)
			}
			if property, err := sub.parse(); err != nil {
				c.Failf(property, "is not accepted: %v", err)
			}
		},
		Create: func(_ context.Context, in *SubscriptionArgs) (string, *subscriptionState, error) {
			return s.subscribe(in.Topic+":"+uuid.NewString(), in, false)
		},
		Read: func(_ context.Context, id string) (*subscriptionState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if sub := s.subscriptions[id]; sub != nil {
				return sub.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *SubscriptionArgs) (*subscriptionState, error) {
			_, state, err := s.subscribe(id, in, true)
			return state, err
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if sub := s.subscriptions[id]; sub != nil {
				delete(s.subscriptions, id)
				sub.topic.subscriptions = without(sub.topic.subscriptions, id)
			}
			return nil
		},
	}
}

// subscribe adds a subscription, or changes the one with this ARN. The queue need not exist.
func (s *Service) subscribe(arn string, in *SubscriptionArgs, change bool) (string, *subscriptionState, error) {
	sub := &subscription{arn: arn, args: *in}
	if property, err := sub.parse(); err != nil {
		return "", nil, invalid("%s Reason: %v", property, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub.topic = s.topics[in.Topic]; sub.topic == nil {
		return "", nil, notFound("Topic")
	}
	if _, exists := s.subscriptions[arn]; exists != change {
		return "", nil, notFound("Subscription")
	}
	for _, other := range sub.topic.subscriptions {
		if other.arn != arn && other.args.Endpoint == in.Endpoint {
			return "", nil, invalid("Attributes Reason: the endpoint %s is subscribed to the topic already", in.Endpoint)
		}
	}
	s.subscriptions[arn] = sub
	sub.topic.subscriptions = append(without(sub.topic.subscriptions, arn), sub)
	return arn, sub.state(), nil
}

func without(list []*subscription, arn string) []*subscription {
	return slices.DeleteFunc(slices.Clone(list), func(sub *subscription) bool { return sub.arn == arn })
}
