package sns

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/pattern"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

// subscription subscribes one endpoint to one topic. It is replaced, never changed.
type subscription struct {
	arn        string
	topic      *topic
	args       SubscriptionArgs
	filter     pattern.Pattern // nil for none
	deadLetter string          // ARN of a queue; empty for none
}

// SubscriptionArgs are the inputs of aws:sns/topicSubscription:TopicSubscription.
type SubscriptionArgs struct {
	Topic              string  `pulumi:"topic,replace"`
	Protocol           string  `pulumi:"protocol,replace"` // sqs or email
	Endpoint           string  `pulumi:"endpoint,replace"`
	RawMessageDelivery *bool   `pulumi:"rawMessageDelivery,optional"`
	FilterPolicy       *string `pulumi:"filterPolicy,optional"`
	FilterPolicyScope  *string `pulumi:"filterPolicyScope,optional"`
	RedrivePolicy      *string `pulumi:"redrivePolicy,optional"`

	ARN                          string `pulumi:"arn,output"`
	OwnerID                      string `pulumi:"ownerId,output"`
	PendingConfirmation          bool   `pulumi:"pendingConfirmation,output"`
	ConfirmationWasAuthenticated bool   `pulumi:"confirmationWasAuthenticated,output"`
}

const (
	protocolSQS   = "sqs"
	protocolEmail = "email"
)

func (s *subscription) state() *SubscriptionArgs {
	state := s.args
	state.ARN, state.OwnerID, state.PendingConfirmation, state.ConfirmationWasAuthenticated = s.arn, account.ID, s.pending(), !s.pending()
	return &state
}

func (s *subscription) raw() bool { return aws.ToBool(s.args.RawMessageDelivery) }

// maxFilterKeys: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
const maxFilterKeys = 5

// What a filter policy is applied to: https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html
const (
	scopeAttributes = "MessageAttributes"
	scopeBody       = "MessageBody"
)

func (s *subscription) scope() string {
	return cmp.Or(aws.ToString(s.args.FilterPolicyScope), scopeAttributes)
}

// accepts reports whether the filter policy lets a message through. A body that is not a JSON object does not pass.
func (s *subscription) accepts(m message) bool {
	if s.filter == nil || s.scope() == scopeBody {
		return s.filter.MatchesJSON([]byte(m.text))
	}
	attributes := map[string]any{}
	for name, a := range m.attributes {
		attributes[name] = valuesOf(a)
	}
	return s.filter.Matches(attributes)
}

// valuesOf returns the values that conditions are applied to. A Binary attribute has none, an array each of its own.
func valuesOf(a sqs.MessageAttribute) []any {
	switch a.DataType {
	case "Number":
		if n, err := strconv.ParseFloat(a.StringValue, 64); err == nil {
			return []any{n}
		}
	case "String.Array":
		var list []any
		if json.Unmarshal([]byte(a.StringValue), &list) == nil {
			return list
		}
	case "String":
		return []any{a.StringValue}
	}
	return nil
}

// pending reports whether the subscription waits for its confirmation. E-mail subscriptions do so forever, because their
// owner would have to follow a link in a mail. Nothing is delivered to them.
// https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
func (s *subscription) pending() bool { return s.args.Protocol == protocolEmail }

// parse reads the policies among the inputs. An error is returned with the property that is not accepted.
func (s *subscription) parse() (property string, err error) {
	if p := s.args.FilterPolicy; p != nil && *p != "" {
		if s.filter, err = pattern.Parse(*p); err != nil {
			return "filterPolicy", err
		}
		keys, nested := s.filter.Keys()
		if keys > maxFilterKeys {
			return "filterPolicy", fmt.Errorf("must have 1 to %d keys, got %d", maxFilterKeys, keys)
		}
		if nested && s.scope() != scopeBody {
			return "filterPolicy", fmt.Errorf("has nested keys, which only the filterPolicyScope %s may have", scopeBody)
		}
	}
	if p := s.args.RedrivePolicy; p != nil && *p != "" {
		var redrive struct {
			Target string `json:"deadLetterTargetArn"`
		}
		if err := json.Unmarshal([]byte(*p), &redrive); err != nil {
			return "redrivePolicy", err
		}
		if s.deadLetter = redrive.Target; !queueARN.MatchString(s.deadLetter) {
			return "redrivePolicy", fmt.Errorf("deadLetterTargetArn must be the ARN of a standard queue, got %q", s.deadLetter)
		}
	}
	return "", nil
}

var (
	queueARN     = regexp.MustCompile("^" + account.ARN("sqs", "") + `[A-Za-z0-9_-]+$`)
	emailAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
)

func (s *Service) subscriptionKind() provider.Kind {
	return &provider.Object[SubscriptionArgs, subscription]{
		Type:  "aws:sns/topicSubscription:TopicSubscription",
		Lock:  &s.mu,
		Find:  s.subscription,
		State: (*subscription).state,
		Check: checkSubscription,
		Create: func(_ context.Context, in *SubscriptionArgs) (string, error) {
			arn := in.Topic + ":" + uuid.NewString()
			return arn, s.subscribe(arn, in)
		},
		Update: func(_ context.Context, sub *subscription, in *SubscriptionArgs) error {
			return s.subscribe(sub.arn, in)
		},
		Delete: func(_ context.Context, sub *subscription) error {
			delete(s.subscriptions, sub.arn)
			sub.topic.remove(sub.arn)
			return nil
		},
	}
}

func checkSubscription(c *provider.Checker, in *SubscriptionArgs) {
	sub := &subscription{args: *in}
	c.OneOf("protocol", &in.Protocol, protocolSQS, protocolEmail)
	c.OneOf("filterPolicyScope", in.FilterPolicyScope, scopeAttributes, scopeBody)
	switch {
	case c.Unknown("protocol"):
	case in.Protocol == protocolSQS:
		c.Match("endpoint", &in.Endpoint, queueARN, "the ARN of a standard queue in this account and Region")
	case in.Protocol == protocolEmail:
		c.Match("endpoint", &in.Endpoint, emailAddress, "an e-mail address")
	}
	if property, err := sub.parse(); err != nil && !c.Unknown("filterPolicy") && !c.Unknown("filterPolicyScope") {
		c.Failf(property, "is not accepted: %v", err)
	}
}

// subscription returns a subscription. The caller holds the lock.
func (s *Service) subscription(arn string) (*subscription, error) {
	return wire.Found(s.subscriptions[arn], notFound("Subscription"))
}

// subscribe adds a subscription, or replaces the one with this ARN. The queue need not exist. The caller holds the lock.
func (s *Service) subscribe(arn string, in *SubscriptionArgs) error {
	sub := &subscription{arn: arn, args: *in}
	if property, err := sub.parse(); err != nil {
		return invalid("%s: %v", property, err)
	}
	var err error
	if sub.topic, err = s.topic(in.Topic); err != nil {
		return err
	}
	for _, other := range sub.topic.subscriptions {
		if other.arn != arn && other.args.Endpoint == in.Endpoint {
			return invalid("the endpoint %s is subscribed to the topic already", in.Endpoint)
		}
	}
	s.subscriptions[arn] = sub
	sub.topic.remove(arn)
	sub.topic.subscriptions = append(sub.topic.subscriptions, sub)
	return nil
}

// remove replaces the list of subscriptions by a copy without this ARN.
func (t *topic) remove(arn string) {
	t.subscriptions = slices.DeleteFunc(slices.Clone(t.subscriptions), func(sub *subscription) bool { return sub.arn == arn })
}
