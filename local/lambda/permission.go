package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// resourcePolicy is a function's policy: as it was added, as GetPolicy returns it, and parsed.
type resourcePolicy struct {
	permissions []PermissionArgs
	text        string
	doc         *policy.Document
}

// document is the parsed policy of a function; nil for none. f may be nil.
func (f *function) document() *policy.Document {
	if f == nil || f.policy.Load() == nil {
		return nil
	}
	return f.policy.Load().doc
}

func (f *function) permissions() []PermissionArgs {
	if p := f.policy.Load(); p != nil {
		return p.permissions
	}
	return nil
}

// permission returns the permission with this statement id, or nil.
func (f *function) permission(sid string) *PermissionArgs {
	for _, p := range f.permissions() {
		if *p.StatementID == sid {
			return &p
		}
	}
	return nil
}

// setPermissions replaces a function's policy. The caller holds the service's lock.
func (f *function) setPermissions(list []PermissionArgs) error {
	if len(list) == 0 {
		f.policy.Store(nil)
		return nil
	}
	statements := make([]wire.Object, len(list))
	for i := range list {
		statements[i] = list[i].statement(f)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": statements})
	if err != nil {
		return fmt.Errorf("rendering the policy of %s: %w", f.name, err)
	}
	doc, err := policy.Parse(string(text), policy.Resource)
	if err != nil {
		return invalidParameter("%v", err)
	}
	f.policy.Store(&resourcePolicy{list, string(text), doc})
	return nil
}

func (s *Service) addPermission(name string, p PermissionArgs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return functionNotFound(name)
	}
	if f.permission(*p.StatementID) != nil {
		return conflict("The statement id (%s) already exists.", *p.StatementID)
	}
	return f.setPermissions(append(slices.Clone(f.permissions()), p))
}

func (s *Service) removePermission(name, sid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return functionNotFound(name)
	}
	if f.permission(sid) == nil {
		return statementNotFound(sid)
	}
	return f.setPermissions(slices.DeleteFunc(slices.Clone(f.permissions()), func(p PermissionArgs) bool { return *p.StatementID == sid }))
}

func (in *PermissionArgs) statement(f *function) wire.Object {
	condition := wire.Object{}
	if in.SourceARN != nil {
		condition["ArnLike"] = wire.Object{"AWS:SourceArn": *in.SourceARN}
	}
	if in.SourceAccount != nil {
		condition["StringEquals"] = wire.Object{"AWS:SourceAccount": *in.SourceAccount}
	}
	return wire.Object{
		"Sid": *in.StatementID, "Effect": "Allow", "Principal": wire.Object{"Service": in.Principal}, "Action": in.Action, "Resource": f.arn(),
	}.With(wire.Object{"Condition": condition})
}

var accountID = regexp.MustCompile(`^\d{12}$`)

func statementNotFound(sid string) error {
	return notFound("Statement %s is not found in resource policy.", sid)
}

// PermissionArgs are the inputs of aws:lambda/permission:Permission, and of the operation AddPermission.
type PermissionArgs struct {
	StatementID   *string `pulumi:"statementId,optional,replace" json:"StatementId"`
	Function      string  `pulumi:"function,replace" json:"-"`
	Action        string  `pulumi:"action,replace"`
	Principal     string  `pulumi:"principal,replace"`
	SourceARN     *string `pulumi:"sourceArn,optional,replace" json:"SourceArn"`
	SourceAccount *string `pulumi:"sourceAccount,optional,replace"`
}

var permissionRules = []struct {
	property string
	value    func(*PermissionArgs) *string
	pattern  *regexp.Regexp
	want     string
}{
	{"statementId", func(in *PermissionArgs) *string { return in.StatementID }, regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`), "1 to 100 letters, digits, hyphens and underscores"},
	{"action", func(in *PermissionArgs) *string { return &in.Action }, regexp.MustCompile(`^lambda:([A-Za-z]+|\*)$`), "an action of Lambda such as lambda:InvokeFunction"},
	{"principal", func(in *PermissionArgs) *string { return &in.Principal }, regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`), "a service such as sns.amazonaws.com: the embedded cloud has no other accounts"},
	{"sourceArn", func(in *PermissionArgs) *string { return in.SourceARN }, regexp.MustCompile(`^arn:`), "an ARN"},
	{"sourceAccount", func(in *PermissionArgs) *string { return in.SourceAccount }, accountID, "an account id"},
}

func (in *PermissionArgs) validate() error {
	if in.StatementID == nil {
		return invalidParameter("statementId is required")
	}
	for _, r := range permissionRules {
		if v := r.value(in); v != nil && !r.pattern.MatchString(*v) {
			return invalidParameter("%s must be %s, got %q", r.property, r.want, *v)
		}
	}
	return nil
}

func (s *Service) permissionKind() provider.Kind {
	return &provider.Object[PermissionArgs, PermissionArgs]{
		Type:     "aws:lambda/permission:Permission",
		AutoName: &provider.AutoName{Property: "statementId", Max: 100},
		Check: func(c *provider.Checker, in *PermissionArgs) {
			for _, r := range permissionRules {
				c.Match(r.property, r.value(in), r.pattern, r.want)
			}
		},
		// The id of AWS's provider is the statement's. Here it also contains the function, because Find gets nothing else.
		Find: func(id string) (*PermissionArgs, error) {
			name, sid, _ := strings.Cut(id, "/")
			f, err := s.find(name)
			if err != nil {
				return nil, err
			}
			return wire.Found(f.permission(sid), statementNotFound(sid))
		},
		State: func(p *PermissionArgs) *PermissionArgs { return p },
		Create: func(_ context.Context, in *PermissionArgs) (string, error) {
			name, err := parseName(in.Function)
			if err != nil {
				return "", err
			}
			return name + "/" + *in.StatementID, s.addPermission(name, *in)
		},
		Delete: func(_ context.Context, p *PermissionArgs) error {
			name, err := parseName(p.Function)
			if err != nil {
				return err
			}
			return s.removePermission(name, *p.StatementID)
		},
	}
}
