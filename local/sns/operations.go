package sns

import (
	"encoding/xml"
	"fmt"
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
	t, subscriptions, err := s.find(arn, func(doc *policy.Document) error {
		return c.Authorize("sns:"+c.Operation, arn, wire.WithResourcePolicy(doc))
	})
	if err == nil && c.Operation == "Publish" {
		err = s.useKey(c.Context(), c.Principal, nil, t)
	}
	return t, subscriptions, err
}

// attributes is a map as the query protocol writes it.
type attributes map[string]string

// MarshalXML implements xml.Marshaler.
func (a attributes) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type entry struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	list := struct {
		Entries []entry `xml:"entry"`
	}{}
	for _, k := range slices.Sorted(maps.Keys(a)) {
		list.Entries = append(list.Entries, entry{k, a[k]})
	}
	return e.EncodeElement(list, start)
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
	all := attributes{
		"TopicArn": t.arn, "Owner": account.ID, "Policy": t.policyText, "DisplayName": "",
		"SubscriptionsConfirmed": fmt.Sprint(len(subscriptions) - pending), "SubscriptionsPending": fmt.Sprint(pending), "SubscriptionsDeleted": "0",
	}
	if mode := t.args.Tracing; mode != nil {
		all["TracingConfig"] = *mode
	}
	if key := t.args.KMSKey; key != nil {
		all["KmsMasterKeyId"] = *key
	}
	return wire.Object{"Attributes": all}, nil
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
	all := attributes{
		"SubscriptionArn": sub.arn, "TopicArn": sub.args.Topic, "Owner": account.ID, "Protocol": sub.args.Protocol, "Endpoint": sub.args.Endpoint,
		"RawMessageDelivery": fmt.Sprint(sub.raw()), "PendingConfirmation": fmt.Sprint(sub.pending()),
		"ConfirmationWasAuthenticated": fmt.Sprint(!sub.pending()),
	}
	if p := sub.args.FilterPolicy; p != nil {
		all["FilterPolicy"], all["FilterPolicyScope"] = *p, sub.scope()
	}
	if p := sub.args.RedrivePolicy; p != nil {
		all["RedrivePolicy"] = *p
	}
	return wire.Object{"Attributes": all}, nil
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
	t, subscriptions, err := s.open(c, in.TopicARN)
	if err != nil {
		return nil, err
	}
	m := message{text: in.Message, subject: in.Subject, trace: c.Header.Get("X-Amzn-Trace-Id"), attributes: map[string]sqs.MessageAttribute{}}
	for _, a := range in.MessageAttributes {
		m.attributes[a.Name] = a.Value
	}
	id, err := s.accept(c.Context(), t, subscriptions, m)
	return wire.Object{"MessageId": id}, err
}
