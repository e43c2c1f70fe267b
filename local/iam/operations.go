package iam

import (
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
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
		AssumeRolePolicyDocument: percentEncode(r.inputs.AssumeRolePolicy), MaxSessionDuration: r.maxSessionDuration(),
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

// withRole authorizes an action on a role and then reads the role, in this order, so that nobody learns which roles
// there are without a permission. The authorization takes no lock: a test's fault may make it wait.
func (s *Service) withRole(c *wire.Call, action, name string, read func(*role) error) error {
	arn := account.GlobalARN("iam", "role/"+name)
	s.mu.RLock()
	if r, ok := s.roles[name]; ok {
		arn = r.arn()
	}
	s.mu.RUnlock()
	if err := c.Authorize(action, arn); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(name)
	if err != nil {
		return err
	}
	return read(r)
}

type getRoleOutput struct{ Role roleOutput }

func (s *Service) getRole(c *wire.Call, in *roleInput) (*getRoleOutput, error) {
	out := &getRoleOutput{}
	return out, s.withRole(c, "iam:GetRole", in.RoleName, func(r *role) error {
		out.Role = r.output()
		return nil
	})
}

type listRolePoliciesOutput struct {
	IsTruncated bool
	PolicyNames []string `xml:"PolicyNames>member"`
}

func (s *Service) listRolePolicies(c *wire.Call, in *roleInput) (*listRolePoliciesOutput, error) {
	out := &listRolePoliciesOutput{}
	return out, s.withRole(c, "iam:ListRolePolicies", in.RoleName, func(r *role) error {
		out.PolicyNames = slices.Sorted(maps.Keys(r.inline))
		return nil
	})
}

type rolePolicyInput struct{ RoleName, PolicyName string }

type getRolePolicyOutput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) getRolePolicy(c *wire.Call, in *rolePolicyInput) (*getRolePolicyOutput, error) {
	out := &getRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName}
	return out, s.withRole(c, "iam:GetRolePolicy", in.RoleName, func(r *role) error {
		p, err := r.findInline(in.PolicyName)
		if err != nil {
			return err
		}
		out.PolicyDocument = percentEncode(p.text)
		return nil
	})
}

type putRolePolicyInput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) putRolePolicy(c *wire.Call, in *putRolePolicyInput) (*struct{}, error) {
	if err := s.withRole(c, "iam:PutRolePolicy", in.RoleName, func(*role) error { return nil }); err != nil {
		return nil, err
	}
	if !validName(in.PolicyName, maxPolicyName) {
		return nil, wire.Errorf(http.StatusBadRequest, "ValidationError", "PolicyName %q is not valid.", in.PolicyName)
	}
	return &struct{}{}, s.putInline(in.RoleName, in.PolicyName, in.PolicyDocument)
}

func (s *Service) deleteRolePolicy(c *wire.Call, in *rolePolicyInput) (*struct{}, error) {
	if err := s.withRole(c, "iam:DeleteRolePolicy", in.RoleName, func(r *role) error {
		_, err := r.findInline(in.PolicyName)
		return err
	}); err != nil {
		return nil, err
	}
	s.deleteInline(in.RoleName, in.PolicyName)
	return &struct{}{}, nil
}

func (r *role) findInline(name string) (*inlinePolicy, error) {
	p, ok := r.inline[name]
	if !ok {
		return nil, wire.Errorf(http.StatusNotFound, "NoSuchEntity", "The role policy with name %s cannot be found.", name)
	}
	return p, nil
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
	out := &listAttachedOutput{}
	return out, s.withRole(c, "iam:ListAttachedRolePolicies", in.RoleName, func(r *role) error {
		for _, arn := range r.attached {
			out.AttachedPolicies = append(out.AttachedPolicies, attachedPolicy{PolicyName: path.Base(arn), PolicyARN: arn})
		}
		return nil
	})
}

// percentEncode is how policy documents travel: RFC 3986, in which a space is %20.
func percentEncode(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
