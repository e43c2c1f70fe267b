package xray

import (
	"context"
	"fmt"
	"regexp"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// ResourcePolicyArgs are the inputs of aws:xray/resourcePolicy:ResourcePolicy: a policy of the account's X-Ray.
type ResourcePolicyArgs struct {
	Name     string `pulumi:"policyName,replace"`
	Document string `pulumi:"policyDocument"`
}

var policyName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	name := func(in *ResourcePolicyArgs) string { return in.Name }
	return []provider.Kind{provider.Kept(s.policies, name, provider.Object[ResourcePolicyArgs, ResourcePolicyArgs]{
		Type: "aws:xray/resourcePolicy:ResourcePolicy",
		Check: func(c *provider.Checker, in *ResourcePolicyArgs) {
			c.Match("policyName", &in.Name, policyName, "1 to 128 letters, digits and _+=,.@-")
			c.Parse("policyDocument", &in.Document, policy.Check(policy.Resource))
		},
		Lock: &s.mu,
		Create: func(_ context.Context, in *ResourcePolicyArgs) (string, error) {
			if s.policies[in.Name] != nil {
				return "", invalid("The policy %s exists.", in.Name)
			}
			s.policies[in.Name] = in
			return in.Name, nil
		},
	})}
}

// PutFor is Put for a service that traces one of the account's resources, which a resource policy must allow: SNS for a topic.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sns.html
func (s *Service) PutFor(ctx context.Context, service policy.Principal, sourceARN string, segments ...Segment) error {
	all := &policy.Document{Version: "2012-10-17"}
	s.mu.Lock()
	for _, p := range s.policies {
		if doc, err := policy.Parse(p.Document, policy.Resource); err == nil { // it was checked
			all.Statements = append(all.Statements, doc.Statements...)
		}
	}
	s.mu.Unlock()
	for _, action := range []string{"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"} {
		if err := s.account.Authorize(ctx, policy.Request{
			Principal: service, Action: action, Resource: "*", ResourcePolicy: all,
			Keys: map[string]string{"aws:SourceArn": sourceARN, "aws:SourceAccount": account.ID, "aws:PrincipalIsAWSService": "true"},
		}); err != nil {
			return fmt.Errorf("xray: tracing %s: %w", sourceARN, err)
		}
	}
	return s.Put(ctx, service, segments...)
}
