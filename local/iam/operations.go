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
	wire.HandleAllowed(&s.Query, "iam:ListRoles", "*", s.listRoles)
	onRole(s, "GetRole", s.getRole)
	onRole(s, "ListRolePolicies", s.listRolePolicies)
	onRole(s, "GetRolePolicy", s.getRolePolicy)
	onRole(s, "PutRolePolicy", s.putRolePolicy)
	onRole(s, "DeleteRolePolicy", s.deleteRolePolicy)
	onRole(s, "UpdateAssumeRolePolicy", s.updateAssumeRolePolicy)
	onRole(s, "ListAttachedRolePolicies", s.listAttachedRolePolicies)
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

func (s *Service) listRoles(*wire.Call, *struct{}) (*listRolesOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listRolesOutput{}
	for _, name := range slices.Sorted(maps.Keys(s.roles)) {
		out.Roles = append(out.Roles, s.roles[name].output())
	}
	return out, nil
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

type getRoleOutput struct{ Role roleOutput }

func (s *Service) getRole(r *role, _ *roleInput) (*getRoleOutput, error) {
	return &getRoleOutput{r.output()}, nil
}

type listRolePoliciesOutput struct {
	IsTruncated bool
	PolicyNames []string `xml:"PolicyNames>member"`
}

func (s *Service) listRolePolicies(r *role, _ *roleInput) (*listRolePoliciesOutput, error) {
	return &listRolePoliciesOutput{PolicyNames: slices.Sorted(maps.Keys(r.inline))}, nil
}

type rolePolicyInput struct {
	roleInput
	PolicyName string
}

type getRolePolicyOutput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) getRolePolicy(r *role, in *rolePolicyInput) (*getRolePolicyOutput, error) {
	p, err := r.findInline(in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &getRolePolicyOutput{in.RoleName, in.PolicyName, percentEncode(p.text)}, nil
}

type putRolePolicyInput struct {
	rolePolicyInput
	PolicyDocument string
}

func (s *Service) putRolePolicy(_ *role, in *putRolePolicyInput) (*struct{}, error) {
	if !policyName.MatchString(in.PolicyName) {
		return nil, wire.Errorf(http.StatusBadRequest, "ValidationError", "PolicyName %q must be %s.", in.PolicyName, nameForm)
	}
	return &struct{}{}, s.putInline(in.RoleName, in.PolicyName, in.PolicyDocument)
}

func (s *Service) deleteRolePolicy(r *role, in *rolePolicyInput) (*struct{}, error) {
	_, err := r.findInline(in.PolicyName)
	s.deleteInline(r, in.PolicyName)
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

type attachedPolicy struct {
	PolicyName string
	PolicyARN  string `xml:"PolicyArn"`
}

type listAttachedOutput struct {
	IsTruncated      bool
	AttachedPolicies []attachedPolicy `xml:"AttachedPolicies>member"`
}

func (s *Service) listAttachedRolePolicies(r *role, _ *roleInput) (*listAttachedOutput, error) {
	out := &listAttachedOutput{}
	for _, arn := range r.attached {
		out.AttachedPolicies = append(out.AttachedPolicies, attachedPolicy{PolicyName: path.Base(arn), PolicyARN: arn})
	}
	return out, nil
}

// percentEncode is how policy documents travel: RFC 3986, in which a space is %20.
func percentEncode(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
