package sns

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.topicKind(), s.topicPolicyKind(), s.subscriptionKind()}
}

// TopicArgs are the inputs of aws:sns/topic:Topic.
type TopicArgs struct {
	Name             *string           `pulumi:"name,optional,replace"`
	FIFO             *bool             `pulumi:"fifoTopic,optional,replace"`
	DisplayName      *string           `pulumi:"displayName,optional"`
	KMSKey           *string           `pulumi:"kmsMasterKeyId,optional"`
	Policy           *string           `pulumi:"policy,optional"`
	SignatureVersion *int              `pulumi:"signatureVersion,optional"`
	TracingConfig    *string           `pulumi:"tracingConfig,optional"`
	Tags             map[string]string `pulumi:"tags,optional"`
}

type topicState struct {
	TopicArgs
	ARN   string `pulumi:"arn"`
	Owner string `pulumi:"owner"`
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// defaultPolicy is what AWS gives a topic that is made without one. It speaks of requests with the key
// AWS:SourceOwner, which no request of today has, so that it allows nothing.
func defaultPolicy(arn string) string {
	return fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"%s","Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}`, arn, account.ID)
}

func (s *Service) topicKind() provider.Kind {
	return &provider.Resource[TopicArgs, topicState]{
		Type:     "aws:sns/topic:Topic",
		AutoName: &provider.AutoName{Property: "name", Max: 256},
		Check: func(c *provider.Checker, in *TopicArgs) {
			if in.FIFO != nil && *in.FIFO {
				c.Failf("fifoTopic", "is not supported by the embedded cloud, which has standard topics only")
			}
			if in.Name != nil && !topicName.MatchString(*in.Name) {
				c.Failf("name", "must be 1 to 256 letters, digits, _ and - (FIFO topics are not supported), got %q", *in.Name)
			}
			if in.DisplayName != nil && len(*in.DisplayName) > 100 {
				c.Failf("displayName", "must be at most 100 characters")
			}
			c.Range("signatureVersion", in.SignatureVersion, 1, 2)
			c.OneOf("tracingConfig", in.TracingConfig, "PassThrough", "Active")
			checkPolicy(c, in.Policy)
		},
		Create: func(_ context.Context, in *TopicArgs) (string, *topicState, error) {
			arn := account.ARN("sns", *in.Name)
			s.mu.Lock()
			defer s.mu.Unlock()
			// AWS answers with the topic that exists if its attributes are the same; two owners of one topic are refused here.
			if s.topics[arn] != nil {
				return "", nil, invalid("Name Reason: the topic %s exists already", *in.Name)
			}
			t := &topic{arn: arn, keys: deliveryKeys(arn)}
			if err := t.setPolicy(defaultPolicy(arn)); err != nil {
				return "", nil, err
			}
			if err := t.set(in); err != nil {
				return "", nil, err
			}
			s.topics[arn] = t
			return arn, t.state(), nil
		},
		Read: func(_ context.Context, id string) (*topicState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if t := s.topics[id]; t != nil {
				return t.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *TopicArgs) (*topicState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			t := s.topics[id]
			if t == nil {
				return nil, notFound("Topic")
			}
			if err := t.set(in); err != nil {
				return nil, err
			}
			return t.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if t := s.topics[id]; t != nil {
				for _, sub := range t.subscriptions {
					delete(s.subscriptions, sub.arn)
				}
				delete(s.topics, id)
			}
			return nil
		},
	}
}

// set applies inputs. A policy that is not given stays: another resource may own it.
func (t *topic) set(in *TopicArgs) error {
	if in.Policy != nil {
		if err := t.setPolicy(*in.Policy); err != nil {
			return err
		}
	}
	t.args = *in
	return nil
}

func (t *topic) setPolicy(text string) error {
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: Policy Error: %v", err)
	}
	t.policyText, t.policy = text, doc
	return nil
}

func (t *topic) state() *topicState {
	s := &topicState{TopicArgs: t.args, ARN: t.arn, Owner: account.ID}
	text := t.policyText
	s.Policy = &text
	return s
}

func checkPolicy(c *provider.Checker, text *string) {
	if text == nil || c.Unknown("policy") {
		return
	}
	if _, err := policy.Parse(*text, policy.Resource); err != nil {
		c.Failf("policy", "is not accepted: %v", err)
	}
}

type topicPolicyArgs struct {
	ARN    string `pulumi:"arn,replace"`
	Policy string `pulumi:"policy"`
}

type topicPolicyState struct {
	topicPolicyArgs
	Owner string `pulumi:"owner"`
}

func (s *Service) topicPolicyKind() provider.Kind {
	put := func(arn, text string) (*topicPolicyState, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		t := s.topics[arn]
		if t == nil {
			return nil, notFound("Topic")
		}
		return &topicPolicyState{topicPolicyArgs{arn, text}, account.ID}, t.setPolicy(text)
	}
	return &provider.Resource[topicPolicyArgs, topicPolicyState]{
		Type:  "aws:sns/topicPolicy:TopicPolicy",
		Check: func(c *provider.Checker, in *topicPolicyArgs) { checkPolicy(c, &in.Policy) },
		Create: func(_ context.Context, in *topicPolicyArgs) (string, *topicPolicyState, error) {
			state, err := put(in.ARN, in.Policy)
			return in.ARN, state, err
		},
		Read: func(_ context.Context, id string) (*topicPolicyState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			t := s.topics[id]
			if t == nil || t.policyText == defaultPolicy(id) {
				return nil, nil
			}
			return &topicPolicyState{topicPolicyArgs{id, t.policyText}, account.ID}, nil
		},
		Update: func(_ context.Context, id string, in *topicPolicyArgs) (*topicPolicyState, error) {
			return put(id, in.Policy)
		},
		// A topic always has a policy: the provider puts the default one back.
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if t := s.topics[id]; t != nil {
				return t.setPolicy(defaultPolicy(id))
			}
			return nil
		},
	}
}
