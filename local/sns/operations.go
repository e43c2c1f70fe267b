package sns

import (
	"maps"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) register() {
	wire.Handle(&s.Query, "Publish", s.publish)
	wire.HandleAllowed(&s.Query, "sns:ListTopics", "*", s.listTopics)
	wire.HandleAllowed(&s.Query, "sns:ListSubscriptions", "*", s.listSubscriptions)
	wire.Handle(&s.Query, "ListSubscriptionsByTopic", s.listSubscriptionsByTopic)
	wire.Handle(&s.Query, "GetTopicAttributes", s.getTopicAttributes)
	wire.Handle(&s.Query, "GetSubscriptionAttributes", s.getSubscriptionAttributes)
}

// open authorizes a call's operation on a topic, and returns it with its current subscriptions.
func (s *Service) open(c *wire.Call, arn string) (*topic, []*subscription, error) {
	return s.find(arn, func(doc *policy.Document) error {
		return c.Authorize("sns:"+c.Operation, arn, wire.With{ResourcePolicy: doc})
	})
}

// attributes is an answer with a map as the query protocol writes it.
func attributes(of wire.Object) wire.Object {
	entries := []wire.Object{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		entries = append(entries, wire.Object{"key": name, "value": of[name]})
	}
	return wire.Object{"Attributes": wire.Object{"entry": entries}}
}

type topicInput struct {
	TopicARN string `json:"TopicArn"`
}

func (s *Service) listTopics(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	topics := wire.List(s.topics, func(t *topic) wire.Object { return wire.Object{"TopicArn": t.arn} })
	return wire.Object{"Topics": wire.Members[wire.Object]{List: topics}}, nil
}

func (s *Service) getTopicAttributes(c *wire.Call, in *topicInput) (wire.Object, error) {
	t, subscriptions, err := s.open(c, in.TopicARN)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	pending := 0
	for _, sub := range subscriptions {
		if sub.pending() {
			pending++
		}
	}
	return attributes(wire.Object{
		"TopicArn": t.arn, "Owner": account.ID, "Policy": t.policyText, "DisplayName": "",
		"SubscriptionsConfirmed": len(subscriptions) - pending, "SubscriptionsPending": pending, "SubscriptionsDeleted": 0,
	}.With(wire.Object{"TracingConfig": t.args.Tracing, "KmsMasterKeyId": t.args.KMSKey})), nil
}

func (s *Service) listSubscriptions(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return list(slices.Collect(maps.Values(s.subscriptions))), nil
}

func (s *Service) listSubscriptionsByTopic(c *wire.Call, in *topicInput) (wire.Object, error) {
	_, subscriptions, err := s.open(c, in.TopicARN)
	if err != nil {
		return nil, err
	}
	return list(slices.Clone(subscriptions)), nil
}

func list(subscriptions []*subscription) wire.Object {
	slices.SortFunc(subscriptions, func(a, b *subscription) int { return strings.Compare(a.arn, b.arn) })
	out := []wire.Object{}
	for _, sub := range subscriptions {
		arn := sub.arn
		if sub.pending() {
			arn = "PendingConfirmation" // AWS does not list the ARN before the confirmation
		}
		out = append(out, wire.Object{
			"SubscriptionArn": arn, "Owner": account.ID, "Protocol": sub.args.Protocol, "Endpoint": sub.args.Endpoint, "TopicArn": sub.args.Topic,
		})
	}
	return wire.Object{"Subscriptions": wire.Members[wire.Object]{List: out}}
}

type subscriptionInput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
}

func (s *Service) getSubscriptionAttributes(c *wire.Call, in *subscriptionInput) (wire.Object, error) {
	i := strings.LastIndex(in.SubscriptionARN, ":")
	if _, _, err := s.open(c, in.SubscriptionARN[:max(i, 0)]); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sub, err := s.subscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	all := wire.Object{
		"SubscriptionArn": sub.arn, "TopicArn": sub.args.Topic, "Owner": account.ID, "Protocol": sub.args.Protocol, "Endpoint": sub.args.Endpoint,
		"RawMessageDelivery": sub.raw(), "PendingConfirmation": sub.pending(), "ConfirmationWasAuthenticated": !sub.pending(),
	}.With(wire.Object{"RedrivePolicy": sub.args.RedrivePolicy})
	if p := sub.args.FilterPolicy; p != nil {
		all["FilterPolicy"], all["FilterPolicyScope"] = *p, sub.scope()
	}
	return attributes(all), nil
}

type publishInput struct {
	TopicARN          string `json:"TopicArn"`
	Message           string
	Subject           *string
	MessageAttributes []struct {
		Name  string
		Value sqs.MessageAttribute
	}
}

func (s *Service) publish(c *wire.Call, in *publishInput) (wire.Object, error) {
	m := message{text: in.Message, subject: in.Subject, trace: c.Header.Get("X-Amzn-Trace-Id"), attributes: map[string]sqs.MessageAttribute{}}
	for _, a := range in.MessageAttributes {
		m.attributes[a.Name] = a.Value
	}
	id, err := s.accept(c.Context(), c.Principal, nil, in.TopicARN, m)
	return wire.Object{"MessageId": id}, err
}
