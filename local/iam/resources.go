package iam

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.roleKind(), s.rolePolicyKind(), s.attachmentKind()}
}

// RoleArgs are the inputs of aws:iam/role:Role.
type RoleArgs struct {
	Name             *string           `pulumi:"name,optional,replace"`
	AssumeRolePolicy string            `pulumi:"assumeRolePolicy"`
	Description      *string           `pulumi:"description,optional"`
	Tags             map[string]string `pulumi:"tags,optional"`
	ARN              string            `pulumi:"arn,output"`
	UniqueID         string            `pulumi:"uniqueId,output"`
	CreateDate       string            `pulumi:"createDate,output"`
}

func (s *Service) roleKind() provider.Kind {
	return &provider.Object[RoleArgs, role]{
		Type:     "aws:iam/role:Role",
		AutoName: &provider.AutoName{Property: "name", Max: 64},
		Check: func(c *provider.Checker, in *RoleArgs) {
			c.Parse("assumeRolePolicy", &in.AssumeRolePolicy, policy.Check(policy.Trust))
		},
		Lock: &s.mu,
		Find: s.find,
		State: func(r *role) *RoleArgs {
			state := r.inputs
			state.ARN, state.UniqueID, state.CreateDate = roleARN(r.name), r.id, r.createdAt.Format(time.RFC3339)
			return &state
		},
		Create: func(_ context.Context, in *RoleArgs) (string, error) {
			name := *in.Name
			if s.roles[name] != nil {
				return "", wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "Role with name %s already exists.", name)
			}
			r := &role{name: name, id: randomID("AROA", 17), createdAt: s.account.Clock.Now().UTC(), inline: map[string]*inlinePolicy{}}
			if err := r.set(in); err != nil {
				return "", err
			}
			s.roles[name] = r
			return name, nil
		},
		Update: func(_ context.Context, r *role, in *RoleArgs) error { return r.set(in) },
		Delete: func(_ context.Context, r *role) error {
			if len(r.inline)+len(r.attached) > 0 {
				return wire.Errorf(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.")
			}
			delete(s.roles, r.name) // its sessions may live on, with no permission
			return nil
		},
	}
}

func (r *role) set(in *RoleArgs) error {
	trust, err := policy.Parse(in.AssumeRolePolicy, policy.Trust)
	if err != nil {
		return malformed(err)
	}
	r.inputs, r.trust = *in, trust
	return nil
}

type rolePolicyArgs struct {
	Name   *string `pulumi:"name,optional,replace"`
	Role   string  `pulumi:"role,replace"`
	Policy string  `pulumi:"policy"`
}

// owned is something of a role, found by an id that has the role's name before a separator.
type owned struct {
	role *role
	name string // of an inline policy, or the ARN of a managed one
}

func (s *Service) owned(id, separator string) (*owned, error) {
	roleName, name, _ := strings.Cut(id, separator)
	r, err := s.find(roleName)
	return &owned{r, name}, err
}

func (s *Service) rolePolicyKind() provider.Kind {
	return &provider.Object[rolePolicyArgs, owned]{
		Type:     "aws:iam/rolePolicy:RolePolicy",
		AutoName: &provider.AutoName{Property: "name", Max: 128},
		Check: func(c *provider.Checker, in *rolePolicyArgs) {
			c.Parse("policy", &in.Policy, policy.Check(policy.Identity))
		},
		Lock: &s.mu,
		Find: func(id string) (*owned, error) { return s.owned(id, ":") },
		State: func(o *owned) *rolePolicyArgs {
			if p := o.role.inline[o.name]; p != nil {
				return &rolePolicyArgs{Name: &o.name, Role: o.role.name, Policy: p.text}
			}
			return nil
		},
		Create: func(_ context.Context, in *rolePolicyArgs) (string, error) {
			return in.Role + ":" + *in.Name, s.putInline(in.Role, *in.Name, in.Policy)
		},
		Update: func(_ context.Context, o *owned, in *rolePolicyArgs) error {
			return s.putInline(o.role.name, o.name, in.Policy)
		},
		Delete: func(_ context.Context, o *owned) error {
			delete(o.role.inline, o.name)
			return nil
		},
	}
}

type attachmentArgs struct {
	Role      string `pulumi:"role,replace"`
	PolicyARN string `pulumi:"policyArn,replace"`
}

func (s *Service) attachmentKind() provider.Kind {
	return &provider.Object[attachmentArgs, owned]{
		Type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		Lock: &s.mu,
		Find: func(id string) (*owned, error) { return s.owned(id, "/") },
		State: func(o *owned) *attachmentArgs {
			if slices.Contains(o.role.attached, o.name) {
				return &attachmentArgs{Role: o.role.name, PolicyARN: o.name}
			}
			return nil
		},
		Create: func(_ context.Context, in *attachmentArgs) (string, error) {
			return in.Role + "/" + in.PolicyARN, s.attach(in.Role, in.PolicyARN)
		},
		Delete: func(_ context.Context, o *owned) error {
			o.role.attached = slices.DeleteFunc(o.role.attached, func(arn string) bool { return arn == o.name })
			return nil
		},
	}
}
