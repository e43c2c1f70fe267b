package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// permission is one statement of a function's resource policy, as AddPermission takes it:
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
type permission struct {
	StatementID   string `json:"StatementId"`
	Action        string
	Principal     string
	SourceARN     string `json:"SourceArn"`
	SourceAccount string
}

// statement is a permission as the policy shows it.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

var (
	statementID      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
	permissionAction = regexp.MustCompile(`^lambda:([A-Za-z]+|\*)$`)
	accountID        = regexp.MustCompile(`^\d{12}$`)
	serviceName      = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
)

// faults tells what Lambda would refuse.
func (p permission) faults() map[string]string {
	faults := map[string]string{}
	if !statementID.MatchString(p.StatementID) {
		faults["statementId"] = fmt.Sprintf("must be 1 to 100 letters, digits, hyphens and underscores, got %q", p.StatementID)
	}
	if !permissionAction.MatchString(p.Action) {
		faults["action"] = fmt.Sprintf("must be an action of Lambda such as lambda:InvokeFunction, got %q", p.Action)
	}
	if p.Principal != "*" && !accountID.MatchString(p.Principal) && !serviceName.MatchString(p.Principal) && !strings.HasPrefix(p.Principal, "arn:aws:") {
		faults["principal"] = fmt.Sprintf("must be a service such as sns.amazonaws.com, an account or an ARN, got %q", p.Principal)
	}
	if p.SourceARN != "" && !strings.HasPrefix(p.SourceARN, "arn:") {
		faults["sourceArn"] = fmt.Sprintf("must be an ARN, got %q", p.SourceARN)
	}
	if p.SourceAccount != "" && !accountID.MatchString(p.SourceAccount) {
		faults["sourceAccount"] = fmt.Sprintf("must be an account id, got %q", p.SourceAccount)
	}
	return faults
}

func (p permission) statement(f *function) statement {
	st := statement{Sid: p.StatementID, Effect: "Allow", Action: p.Action, Resource: f.arn(), Condition: map[string]map[string]string{}}
	switch {
	case p.Principal == "*":
		st.Principal = "*"
	case accountID.MatchString(p.Principal):
		st.Principal = map[string]string{"AWS": "arn:aws:iam::" + p.Principal + ":root"}
	case strings.HasPrefix(p.Principal, "arn:"):
		st.Principal = map[string]string{"AWS": p.Principal}
	default:
		st.Principal = map[string]string{"Service": p.Principal}
	}
	if p.SourceARN != "" {
		st.Condition["ArnLike"] = map[string]string{"AWS:SourceArn": p.SourceARN}
	}
	if p.SourceAccount != "" {
		st.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": p.SourceAccount}
	}
	return st
}

// statements are those of a function's policy; nil if it has none.
func (f *function) statements() []statement {
	if p := f.policy.Load(); p != nil {
		return p.statements
	}
	return nil
}

func (f *function) hasStatement(sid string) bool {
	return slices.ContainsFunc(f.statements(), func(st statement) bool { return st.Sid == sid })
}

// setStatements replaces a function's policy. The caller holds the service's lock.
func (f *function) setStatements(list []statement) error {
	if len(list) == 0 {
		f.policy.Store(nil)
		return nil
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": list})
	if err != nil {
		return fmt.Errorf("rendering the policy of %s: %w", f.name, err)
	}
	doc, err := policy.Parse(string(text), policy.Resource)
	if err != nil {
		return invalidParameter("%v", err)
	}
	f.policy.Store(&resourcePolicy{doc: doc, text: string(text), statements: list, revision: newRevisionID()})
	return nil
}

func (s *Service) addPermission(name string, p permission) (*statement, error) {
	for property, fault := range p.faults() {
		return nil, invalidParameter("%s %s", property, fault)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return nil, functionNotFound(functionARN(name))
	}
	if f.hasStatement(p.StatementID) {
		return nil, wire.Errorf(http.StatusConflict, "ResourceConflictException",
			"The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", p.StatementID)
	}
	st := p.statement(f)
	return &st, f.setStatements(append(slices.Clone(f.statements()), st))
}

func (s *Service) removePermission(name, sid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return functionNotFound(functionARN(name))
	}
	if !f.hasStatement(sid) {
		return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "Statement %s is not found in resource policy.", sid)
	}
	return f.setStatements(slices.DeleteFunc(slices.Clone(f.statements()), func(st statement) bool { return st.Sid == sid }))
}

// PermissionArgs are the inputs of aws:lambda/permission:Permission.
type PermissionArgs struct {
	StatementID   *string `pulumi:"statementId,optional,replace"`
	Function      string  `pulumi:"function,replace"`
	Action        string  `pulumi:"action,replace"`
	Principal     string  `pulumi:"principal,replace"`
	SourceARN     *string `pulumi:"sourceArn,optional,replace"`
	SourceAccount *string `pulumi:"sourceAccount,optional,replace"`
}

func (in *PermissionArgs) permission() permission {
	return permission{value(in.StatementID, ""), in.Action, in.Principal, value(in.SourceARN, ""), value(in.SourceAccount, "")}
}

func (s *Service) permissionKind() provider.Kind {
	return &provider.Resource[PermissionArgs, PermissionArgs]{
		Type:     "aws:lambda/permission:Permission",
		AutoName: &provider.AutoName{Property: "statementId", Max: 100},
		Check: func(c *provider.Checker, in *PermissionArgs) {
			for property, fault := range in.permission().faults() {
				if !c.Unknown(property) {
					c.Failf(property, "%s", fault)
				}
			}
		},
		Create: func(_ context.Context, in *PermissionArgs) (string, *PermissionArgs, error) {
			ref, err := parseReference(in.Function, "")
			if err != nil {
				return "", nil, err
			}
			_, err = s.addPermission(ref.name, in.permission())
			// The id of AWS's provider is the statement's alone; Read and Delete get no more than it, so it says which
			// function's statement it is.
			return ref.name + "/" + *in.StatementID, in, err
		},
		Read: func(_ context.Context, id string) (*PermissionArgs, error) {
			name, sid, _ := strings.Cut(id, "/")
			f := s.function(name)
			if f == nil {
				return nil, nil
			}
			for _, st := range f.statements() {
				if st.Sid == sid {
					return st.args(name), nil
				}
			}
			return nil, nil
		},
		Delete: func(_ context.Context, id string) error {
			name, sid, _ := strings.Cut(id, "/")
			if f := s.function(name); f == nil || !f.hasStatement(sid) {
				return nil
			}
			return s.removePermission(name, sid)
		},
	}
}

// args is the reverse of permission.statement.
func (st statement) args(function string) *PermissionArgs {
	in := &PermissionArgs{StatementID: &st.Sid, Function: function, Action: st.Action, Principal: "*"}
	if m, ok := st.Principal.(map[string]string); ok {
		in.Principal = m["Service"] + m["AWS"]
		if id, ok := strings.CutPrefix(in.Principal, "arn:aws:iam::"); ok && strings.HasSuffix(id, ":root") {
			in.Principal = strings.TrimSuffix(id, ":root")
		}
	}
	if arn := st.Condition["ArnLike"]["AWS:SourceArn"]; arn != "" {
		in.SourceARN = &arn
	}
	if id := st.Condition["StringEquals"]["AWS:SourceAccount"]; id != "" {
		in.SourceAccount = &id
	}
	return in
}
