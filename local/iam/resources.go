package iam

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.roleKind(), s.rolePolicyKind(), s.policyKind(), s.attachmentKind()}
}

// RoleArgs are the inputs of aws:iam/role:Role.
type RoleArgs struct {
	Name                *string           `pulumi:"name,optional,replace"`
	AssumeRolePolicy    string            `pulumi:"assumeRolePolicy"`
	Description         *string           `pulumi:"description,optional"`
	Path                *string           `pulumi:"path,optional,replace"`
	MaxSessionDuration  *int              `pulumi:"maxSessionDuration,optional"`
	ForceDetachPolicies *bool             `pulumi:"forceDetachPolicies,optional"`
	Tags                map[string]string `pulumi:"tags,optional"`
}

type roleState struct {
	RoleArgs
	ARN        string `pulumi:"arn"`
	UniqueID   string `pulumi:"uniqueId"`
	CreateDate string `pulumi:"createDate"`
}

var entityName = regexp.MustCompile(`^[\w+=,.@-]+$`)

// Longest names: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	maxRoleName   = 64
	maxPolicyName = 128
)

func validName(name string, max int) bool { return len(name) <= max && entityName.MatchString(name) }

func checkName(c *provider.Checker, name *string, max int) {
	if name != nil && !validName(*name, max) {
		c.Failf("name", "must be 1 to %d letters, digits and +=,.@_-, got %q", max, *name)
	}
}

func checkDocument(c *provider.Checker, property, text string, kind policy.Kind) {
	if c.Unknown(property) {
		return
	}
	if _, err := policy.Parse(text, kind); err != nil {
		c.Failf(property, "is not accepted: %v", err)
	}
}

func (r *role) maxSessionDuration() int {
	if r.inputs.MaxSessionDuration != nil {
		return *r.inputs.MaxSessionDuration
	}
	return 3600
}

func (s *Service) roleKind() provider.Kind {
	return &provider.Resource[RoleArgs, roleState]{
		Type:     "aws:iam/role:Role",
		AutoName: &provider.AutoName{Property: "name", Max: maxRoleName},
		Check: func(c *provider.Checker, in *RoleArgs) {
			checkName(c, in.Name, maxRoleName)
			checkDocument(c, "assumeRolePolicy", in.AssumeRolePolicy, policy.Trust)
			c.Range("maxSessionDuration", in.MaxSessionDuration, 3600, 43200)
			if in.Path != nil && (!strings.HasPrefix(*in.Path, "/") || !strings.HasSuffix(*in.Path, "/")) {
				c.Failf("path", "must begin and end with /, got %q", *in.Path)
			}
		},
		Create: func(_ context.Context, in *RoleArgs) (string, *roleState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if _, taken := s.roles[*in.Name]; taken {
				return "", nil, wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "Role with name %s already exists.", *in.Name)
			}
			r := &role{name: *in.Name, id: randomID("AROA", 17), createdAt: s.account.Clock.Now().UTC(), inline: map[string]*inlinePolicy{}}
			if err := r.set(in); err != nil {
				return "", nil, err
			}
			s.refresh(r)
			s.roles[r.name] = r
			return r.name, r.state(), nil
		},
		Read: func(_ context.Context, id string) (*roleState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if r, ok := s.roles[id]; ok {
				return r.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *RoleArgs) (*roleState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			r, err := s.find(id)
			if err != nil {
				return nil, err
			}
			if err := r.set(in); err != nil {
				return nil, err
			}
			return r.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			r, ok := s.roles[id]
			if !ok {
				return nil
			}
			if len(r.inline)+len(r.attached) > 0 && (r.inputs.ForceDetachPolicies == nil || !*r.inputs.ForceDetachPolicies) {
				return wire.Errorf(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.")
			}
			delete(s.roles, id)
			// Sessions of the role may live on, with no permission.
			r.inline, r.attached = nil, nil
			s.refresh(r)
			return nil
		},
	}
}

func (r *role) set(in *RoleArgs) error {
	trust, err := policy.Parse(in.AssumeRolePolicy, policy.Trust)
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
	}
	r.inputs, r.trust = *in, trust
	return nil
}

func (r *role) state() *roleState {
	return &roleState{RoleArgs: r.inputs, ARN: r.arn(), UniqueID: r.id, CreateDate: r.createdAt.Format(time.RFC3339)}
}

type rolePolicyArgs struct {
	Name   *string `pulumi:"name,optional,replace"`
	Role   string  `pulumi:"role,replace"`
	Policy string  `pulumi:"policy"`
}

func (s *Service) rolePolicyKind() provider.Kind {
	put := func(in *rolePolicyArgs) error { return s.putInline(in.Role, *in.Name, in.Policy) }
	return &provider.Resource[rolePolicyArgs, rolePolicyArgs]{
		Type:     "aws:iam/rolePolicy:RolePolicy",
		AutoName: &provider.AutoName{Property: "name", Max: maxPolicyName},
		Check: func(c *provider.Checker, in *rolePolicyArgs) {
			checkName(c, in.Name, maxPolicyName)
			checkDocument(c, "policy", in.Policy, policy.Identity)
		},
		Create: func(_ context.Context, in *rolePolicyArgs) (string, *rolePolicyArgs, error) {
			return in.Role + ":" + *in.Name, in, put(in)
		},
		Read: func(_ context.Context, id string) (*rolePolicyArgs, error) {
			role, name, _ := strings.Cut(id, ":")
			s.mu.RLock()
			defer s.mu.RUnlock()
			r, ok := s.roles[role]
			if !ok || r.inline[name] == nil {
				return nil, nil
			}
			return &rolePolicyArgs{Name: &name, Role: role, Policy: r.inline[name].text}, nil
		},
		Update: func(_ context.Context, _ string, in *rolePolicyArgs) (*rolePolicyArgs, error) { return in, put(in) },
		Delete: func(_ context.Context, id string) error {
			role, name, _ := strings.Cut(id, ":")
			s.deleteInline(role, name)
			return nil
		},
	}
}

// PolicyArgs are the inputs of aws:iam/policy:Policy, a managed policy.
type PolicyArgs struct {
	Name        *string           `pulumi:"name,optional,replace"`
	Policy      string            `pulumi:"policy"`
	Description *string           `pulumi:"description,optional,replace"`
	Path        *string           `pulumi:"path,optional,replace"`
	Tags        map[string]string `pulumi:"tags,optional"`
}

type policyState struct {
	PolicyArgs
	ARN string `pulumi:"arn"`
}

func (s *Service) policyKind() provider.Kind {
	set := func(arn string, in *PolicyArgs) (*policyState, error) {
		doc, err := policy.Parse(in.Policy, policy.Identity)
		if err != nil {
			return nil, wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.policies[arn] = &managedPolicy{inputs: *in, doc: doc}
		for _, r := range s.roles {
			s.refresh(r)
		}
		return &policyState{PolicyArgs: *in, ARN: arn}, nil
	}
	return &provider.Resource[PolicyArgs, policyState]{
		Type:     "aws:iam/policy:Policy",
		AutoName: &provider.AutoName{Property: "name", Max: maxPolicyName},
		Check: func(c *provider.Checker, in *PolicyArgs) {
			checkName(c, in.Name, maxPolicyName)
			checkDocument(c, "policy", in.Policy, policy.Identity)
		},
		Create: func(_ context.Context, in *PolicyArgs) (string, *policyState, error) {
			path := "/"
			if in.Path != nil {
				path = *in.Path
			}
			arn := account.GlobalARN("iam", "policy"+path+*in.Name)
			s.mu.RLock()
			_, taken := s.policies[arn]
			s.mu.RUnlock()
			if taken {
				return "", nil, wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "A policy called %s already exists.", *in.Name)
			}
			state, err := set(arn, in)
			return arn, state, err
		},
		Read: func(_ context.Context, id string) (*policyState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if p, ok := s.policies[id]; ok {
				return &policyState{PolicyArgs: p.inputs, ARN: id}, nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *PolicyArgs) (*policyState, error) { return set(id, in) },
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, r := range s.roles {
				if slices.Contains(r.attached, id) {
					return wire.Errorf(http.StatusConflict, "DeleteConflict", "Cannot delete a policy attached to entities.")
				}
			}
			delete(s.policies, id)
			return nil
		},
	}
}

type attachmentArgs struct {
	Role      string `pulumi:"role,replace"`
	PolicyARN string `pulumi:"policyArn,replace"`
}

func (s *Service) attachmentKind() provider.Kind {
	return &provider.Resource[attachmentArgs, attachmentArgs]{
		Type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		Create: func(_ context.Context, in *attachmentArgs) (string, *attachmentArgs, error) {
			return in.Role + "/" + in.PolicyARN, in, s.attach(in.Role, in.PolicyARN)
		},
		Read: func(_ context.Context, id string) (*attachmentArgs, error) {
			name, arn, _ := strings.Cut(id, "/")
			s.mu.RLock()
			defer s.mu.RUnlock()
			if r, ok := s.roles[name]; ok && slices.Contains(r.attached, arn) {
				return &attachmentArgs{Role: name, PolicyARN: arn}, nil
			}
			return nil, nil
		},
		Delete: func(_ context.Context, id string) error {
			name, arn, _ := strings.Cut(id, "/")
			s.detach(name, arn)
			return nil
		},
	}
}
