package iam

import (
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are the calls with which a person, or a test, looks at roles and changes their policies.
func (s *Service) operations() {
	s.Query = wire.Query{XMLNS: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"}
	wire.Handle(&s.Query, "ListRoles", s.listRoles)
	wire.Handle(&s.Query, "GetRole", s.getRole)
	wire.Handle(&s.Query, "ListRolePolicies", s.listRolePolicies)
	wire.Handle(&s.Query, "GetRolePolicy", s.getRolePolicy)
	wire.Handle(&s.Query, "PutRolePolicy", s.putRolePolicy)
	wire.Handle(&s.Query, "DeleteRolePolicy", s.deleteRolePolicy)
	wire.Handle(&s.Query, "UpdateAssumeRolePolicy", s.updateAssumeRolePolicy)
	wire.Handle(&s.Query, "ListAttachedRolePolicies", s.listAttachedRolePolicies)
}

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
		Path: "/", RoleName: r.name, RoleID: r.id, ARN: roleARN(r.name), CreateDate: r.createdAt,
		AssumeRolePolicyDocument: percentEncode(r.inputs.AssumeRolePolicy), MaxSessionDuration: 3600,
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

// withRole authorizes an action on a role and then finds the role, in this order, so that nobody learns which roles
// exist without a permission. The authorization holds no lock, because a test's fault may make it wait.
func (s *Service) withRole(c *wire.Call, action, name string, do func(*role) error) error {
	if err := c.Authorize(action, roleARN(name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return err
	}
	return do(r)
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
	return &struct{}{}, s.withRole(c, "iam:PutRolePolicy", in.RoleName, func(*role) error {
		if !policyName.MatchString(in.PolicyName) {
			return wire.Errorf(http.StatusBadRequest, "ValidationError", "PolicyName %q must be %s.", in.PolicyName, nameForm)
		}
		return s.putInline(in.RoleName, in.PolicyName, in.PolicyDocument)
	})
}

func (s *Service) deleteRolePolicy(c *wire.Call, in *rolePolicyInput) (*struct{}, error) {
	return &struct{}{}, s.withRole(c, "iam:DeleteRolePolicy", in.RoleName, func(r *role) error {
		_, err := r.findInline(in.PolicyName)
		s.deleteInline(r, in.PolicyName)
		return err
	})
}

type updateAssumeRolePolicyInput struct{ RoleName, PolicyDocument string }

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func (s *Service) updateAssumeRolePolicy(c *wire.Call, in *updateAssumeRolePolicyInput) (*struct{}, error) {
	return &struct{}{}, s.withRole(c, "iam:UpdateAssumeRolePolicy", in.RoleName, func(r *role) error {
		inputs := r.inputs
		inputs.AssumeRolePolicy = in.PolicyDocument
		return r.set(&inputs)
	})
}

func (r *role) findInline(name string) (*inlinePolicy, error) {
	if p := r.inline[name]; p != nil {
		return p, nil
	}
	return nil, noEntity("The role policy with name %s cannot be found.", name)
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
