package sns

import (
	"context"
	"fmt"
	"regexp"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.topicKind(), s.topicPolicyKind(), s.subscriptionKind()}
}

// TopicArgs are the inputs of aws:sns/topic:Topic.
type TopicArgs struct {
	Name   *string `pulumi:"name,optional,replace"`
	KMSKey *string `pulumi:"kmsMasterKeyId,optional"`
	// Tracing is Active or PassThrough, the default.
	Tracing *string           `pulumi:"tracingConfig,optional"`
	Tags    map[string]string `pulumi:"tags,optional"`
	ARN     string            `pulumi:"arn,output"`
	Owner   string            `pulumi:"owner,output"`
	Policy  string            `pulumi:"policy,output"`
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (s *Service) topicKind() provider.Kind {
	return &provider.Object[TopicArgs, topic]{
		Type:     "aws:sns/topic:Topic",
		AutoName: &provider.AutoName{Property: "name", Max: 256},
		Check: func(c *provider.Checker, in *TopicArgs) {
			c.Match("name", in.Name, topicName, "1 to 256 letters, digits, _ and -")
			c.OneOf("tracingConfig", in.Tracing, active, "PassThrough")
		},
		Lock: &s.mu,
		Find: s.topic,
		State: func(t *topic) *TopicArgs {
			state := t.args
			state.ARN, state.Owner, state.Policy = t.arn, account.ID, t.policyText
			return &state
		},
		Create: func(_ context.Context, in *TopicArgs) (string, error) {
			arn := account.ARN("sns", *in.Name)
			// AWS returns an existing topic with the same attributes. Two owners of one topic are refused here.
			if s.topics[arn] != nil {
				return "", invalid("the topic %s exists already", *in.Name)
			}
			t := &topic{arn: arn, args: *in}
			s.topics[arn] = t
			return arn, t.setPolicy(defaultPolicy(arn))
		},
		Update: func(_ context.Context, t *topic, in *TopicArgs) error {
			t.args = *in
			return nil
		},
		Delete: func(_ context.Context, t *topic) error {
			for _, sub := range t.subscriptions {
				delete(s.subscriptions, sub.arn)
			}
			delete(s.topics, t.arn)
			return nil
		},
	}
}

// topic returns a topic. The caller holds the lock.
func (s *Service) topic(arn string) (*topic, error) {
	return wire.Found(s.topics[arn], notFound("Topic"))
}

// defaultPolicy is what AWS gives a topic that has no other policy. It asks for the condition key AWS:SourceOwner, which
// requests do not have any more, so that it allows nothing.
func defaultPolicy(arn string) string {
	return fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"%s","Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}`, arn, account.ID)
}

func (t *topic) setPolicy(text string) error {
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return invalid("Policy Error: %v", err)
	}
	t.policyText, t.policy = text, doc
	return nil
}

type topicPolicyArgs struct {
	ARN    string `pulumi:"arn,replace"`
	Policy string `pulumi:"policy"`
	Owner  string `pulumi:"owner,output"`
}

func (s *Service) topicPolicyKind() provider.Kind {
	// A topic always has a policy. Like the AWS provider, a deletion restores the default one.
	set := func(_ context.Context, t *topic, in *topicPolicyArgs) error {
		if in == nil {
			return t.setPolicy(defaultPolicy(t.arn))
		}
		return t.setPolicy(in.Policy)
	}
	return provider.Setting(func(in *topicPolicyArgs) string { return in.ARN }, set, provider.Object[topicPolicyArgs, topic]{
		Type: "aws:sns/topicPolicy:TopicPolicy",
		Check: func(c *provider.Checker, in *topicPolicyArgs) {
			c.Parse("policy", &in.Policy, policy.Check(policy.Resource))
		},
		Lock: &s.mu,
		Find: s.topic,
		State: func(t *topic) *topicPolicyArgs {
			if t.policyText == defaultPolicy(t.arn) {
				return nil
			}
			return &topicPolicyArgs{t.arn, t.policyText, account.ID}
		},
	})
}
