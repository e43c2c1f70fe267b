package lambda

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
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
	if f == nil {
		return nil
	}
	return value(f.policy.Load(), resourcePolicy{}).doc
}

func (f *function) permissions() []PermissionArgs {
	return value(f.policy.Load(), resourcePolicy{}).permissions
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
	text := string(strictjson.Encode(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": statements}))
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return invalidParameter("%v", err)
	}
	f.policy.Store(&resourcePolicy{list, text, doc})
	return nil
}

func (s *Service) addPermission(f *function, p PermissionArgs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.permission(*p.StatementID) != nil {
		return conflict("The statement id (%s) already exists.", *p.StatementID)
	}
	return f.setPermissions(append(slices.Clone(f.permissions()), p))
}

func (s *Service) removePermission(f *function, sid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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

var servicePrincipals = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)

const aService = "a service such as sns.amazonaws.com: the embedded cloud has no other accounts"

func (in *PermissionArgs) validate() error {
	if in.StatementID == nil || !servicePrincipals.MatchString(in.Principal) {
		return invalidParameter("a statementId is required, and the principal must be %s, got %q", aService, in.Principal)
	}
	return nil
}

func (s *Service) permissionKind() provider.Kind {
	return &provider.Object[PermissionArgs, PermissionArgs]{
		Type:     "aws:lambda/permission:Permission",
		AutoName: &provider.AutoName{Property: "statementId", Max: 100},
		Check: func(c *provider.Checker, in *PermissionArgs) {
			c.Match("principal", &in.Principal, servicePrincipals, aService)
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
			f, err := s.named(in.Function)
			if err != nil {
				return "", err
			}
			return f.name + "/" + *in.StatementID, s.addPermission(f, *in)
		},
		Delete: func(_ context.Context, p *PermissionArgs) error {
			f, err := s.named(p.Function)
			if err != nil {
				return err
			}
			return s.removePermission(f, *p.StatementID)
		},
	}
}
