package iam

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are the calls with which a person, or a test, looks at roles and changes their inline policies.
func (s *Service) operations() {
	s.query = wire.Query{XMLNS: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"}
	wire.HandleQuery(&s.query, "ListRoles", s.listRoles)
	wire.HandleQuery(&s.query, "GetRole", s.getRole)
	wire.HandleQuery(&s.query, "ListRolePolicies", s.listRolePolicies)
	wire.HandleQuery(&s.query, "GetRolePolicy", s.getRolePolicy)
	wire.HandleQuery(&s.query, "PutRolePolicy", s.putRolePolicy)
	wire.HandleQuery(&s.query, "DeleteRolePolicy", s.deleteRolePolicy)
	wire.HandleQuery(&s.query, "ListAttachedRolePolicies", s.listAttachedRolePolicies)
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "iam" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.query.ServeAWS(w, c) }

type roleOutput struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	ARN                      string `xml:"Arn"`
	CreateDate               time.Time
	AssumeRolePolicyDocument string
	MaxSessionDuration       int
}

func (r *role) output() roleOutput {
	return roleOutput{
		Path: r.path(), RoleName: r.name, RoleID: r.id, ARN: r.arn(), CreateDate: r.createdAt,
		AssumeRolePolicyDocument: url.QueryEscape(r.inputs.AssumeRolePolicy), MaxSessionDuration: r.maxSessionDuration(),
	}
}

type listRolesOutput struct {
	IsTruncated bool
	Roles       []roleOutput `xml:"Roles>member"`
}

func (s *Service) listRoles(c *wire.Call, _ *struct{}) (*listRolesOutput, error) {
	if err := c.Authorize("iam:ListRoles", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listRolesOutput{}
	for _, name := range slices.Sorted(maps.Keys(s.roles)) {
		out.Roles = append(out.Roles, s.roles[name].output())
	}
	return out, nil
}

type roleInput struct{ RoleName string }

func (s *Service) authorized(c *wire.Call, action, name string) (*role, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return r, c.Authorize(action, r.arn())
}

type getRoleOutput struct{ Role roleOutput }

func (s *Service) getRole(c *wire.Call, in *roleInput) (*getRoleOutput, error) {
	r, err := s.authorized(c, "iam:GetRole", in.RoleName)
	if err != nil {
		return nil, err
	}
	return &getRoleOutput{Role: r.output()}, nil
}

type listRolePoliciesOutput struct {
	IsTruncated bool
	PolicyNames []string `xml:"PolicyNames>member"`
}

func (s *Service) listRolePolicies(c *wire.Call, in *roleInput) (*listRolePoliciesOutput, error) {
	r, err := s.authorized(c, "iam:ListRolePolicies", in.RoleName)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &listRolePoliciesOutput{PolicyNames: slices.Sorted(maps.Keys(r.inline))}, nil
}

type rolePolicyInput struct{ RoleName, PolicyName string }

type getRolePolicyOutput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) getRolePolicy(c *wire.Call, in *rolePolicyInput) (*getRolePolicyOutput, error) {
	r, err := s.authorized(c, "iam:GetRolePolicy", in.RoleName)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := r.inline[in.PolicyName]
	if !ok {
		return nil, wire.Errorf(http.StatusNotFound, "NoSuchEntity", "The role policy with name %s cannot be found.", in.PolicyName)
	}
	// The document travels percent-encoded (RFC 3986), as AWS documents for GetRolePolicy.
	return &getRolePolicyOutput{in.RoleName, in.PolicyName, url.PathEscape(p.text)}, nil
}

type putRolePolicyInput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) putRolePolicy(c *wire.Call, in *putRolePolicyInput) (*struct{}, error) {
	if _, err := s.authorized(c, "iam:PutRolePolicy", in.RoleName); err != nil {
		return nil, err
	}
	return &struct{}{}, s.putInline(in.RoleName, in.PolicyName, in.PolicyDocument)
}

func (s *Service) deleteRolePolicy(c *wire.Call, in *rolePolicyInput) (*struct{}, error) {
	if _, err := s.authorized(c, "iam:DeleteRolePolicy", in.RoleName); err != nil {
		return nil, err
	}
	s.deleteInline(in.RoleName, in.PolicyName)
	return &struct{}{}, nil
}

type attachedPolicy struct {
	PolicyName string
	PolicyARN  string `xml:"PolicyArn"`
}

type listAttachedOutput struct {
	IsTruncated      bool
	AttachedPolicies []attachedPolicy `xml:"AttachedPolicies>member"`
}

func (s *Service) listAttachedRolePolicies(c *wire.Call, in *roleInput) (*listAttachedOutput, error) {
	r, err := s.authorized(c, "iam:ListAttachedRolePolicies", in.RoleName)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listAttachedOutput{}
	for _, arn := range r.attached {
		out.AttachedPolicies = append(out.AttachedPolicies, attachedPolicy{PolicyName: roleName(arn), PolicyARN: arn})
	}
	return out, nil
}
