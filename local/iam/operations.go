package iam

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are the calls with which a person, or a test, looks at roles and changes their policies.
func (s *Service) operations() {
	s.Query = wire.Query{XMLNS: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"}
	wire.HandleAllowed(&s.Query, "iam:ListRoles", "*", s.listRoles)
	onRole(s, "GetRole", s.getRole)
	onRole(s, "ListRolePolicies", s.listRolePolicies)
	onRole(s, "GetRolePolicy", s.getRolePolicy)
	onRole(s, "PutRolePolicy", s.putRolePolicy)
	onRole(s, "DeleteRolePolicy", s.deleteRolePolicy)
	onRole(s, "UpdateAssumeRolePolicy", s.updateAssumeRolePolicy)
	onRole(s, "ListAttachedRolePolicies", s.listAttachedRolePolicies)
}

func (r *role) output() wire.Object {
	return wire.Object{
		"Path": "/", "RoleName": r.name, "RoleId": r.id, "Arn": roleARN(r.name), "CreateDate": r.createdAt,
		"AssumeRolePolicyDocument": percentEncode(r.inputs.AssumeRolePolicy), "MaxSessionDuration": 3600,
	}
}

func (s *Service) listRoles(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return list("Roles", wire.List(s.roles, (*role).output)), nil
}

// list is a list in one page.
func list[T any](name string, members []T) wire.Object {
	return wire.Object{"IsTruncated": false, name: wire.Members[T]{List: members}}
}

type roleInput struct{ RoleName string }

func (in roleInput) name() string { return in.RoleName }

// onRole adds an operation on a role, which f does with the lock held. It is authorized before the role is found, so that nobody
// learns which roles exist without a permission. The authorization holds no lock, because a test's fault may make it wait.
func onRole[In, Out any, P interface {
	*In
	name() string
}](s *Service, operation string, f func(*role, *In) (Out, error)) {
	wire.Handle(&s.Query, operation, func(c *wire.Call, in *In) (out Out, err error) {
		name := P(in).name()
		if err := c.Authorize("iam:"+operation, roleARN(name)); err != nil {
			return out, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		r, err := s.find(name)
		if err != nil {
			return out, err
		}
		return f(r, in)
	})
}

func (s *Service) getRole(r *role, _ *roleInput) (wire.Object, error) {
	return wire.Object{"Role": r.output()}, nil
}

func (s *Service) listRolePolicies(r *role, _ *roleInput) (wire.Object, error) {
	return list("PolicyNames", slices.Sorted(maps.Keys(r.inline))), nil
}

type rolePolicyInput struct {
	roleInput
	PolicyName string
}

func (s *Service) getRolePolicy(r *role, in *rolePolicyInput) (wire.Object, error) {
	p, err := r.findInline(in.PolicyName)
	if err != nil {
		return nil, err
	}
	return wire.Object{"RoleName": in.RoleName, "PolicyName": in.PolicyName, "PolicyDocument": percentEncode(p.text)}, nil
}

type putRolePolicyInput struct {
	rolePolicyInput
	PolicyDocument string
}

func (s *Service) putRolePolicy(_ *role, in *putRolePolicyInput) (*struct{}, error) {
	return &struct{}{}, s.putInline(in.RoleName, in.PolicyName, in.PolicyDocument)
}

func (s *Service) deleteRolePolicy(r *role, in *rolePolicyInput) (*struct{}, error) {
	_, err := r.findInline(in.PolicyName)
	delete(r.inline, in.PolicyName)
	return &struct{}{}, err
}

type updateAssumeRolePolicyInput struct {
	roleInput
	PolicyDocument string
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func (s *Service) updateAssumeRolePolicy(r *role, in *updateAssumeRolePolicyInput) (*struct{}, error) {
	inputs := r.inputs
	inputs.AssumeRolePolicy = in.PolicyDocument
	return &struct{}{}, r.set(&inputs)
}

func (r *role) findInline(name string) (*inlinePolicy, error) {
	return wire.Found(r.inline[name], noEntity("The role policy with name %s cannot be found.", name))
}

func (s *Service) listAttachedRolePolicies(r *role, _ *roleInput) (wire.Object, error) {
	attached := []wire.Object{}
	for _, arn := range r.attached {
		attached = append(attached, wire.Object{"PolicyName": path.Base(arn), "PolicyArn": arn})
	}
	return list("AttachedPolicies", attached), nil
}

// percentEncode is how policy documents travel: RFC 3986, in which a space is %20.
func percentEncode(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
