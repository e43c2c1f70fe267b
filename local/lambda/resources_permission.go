package lambda

import (
	"context"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
)

// PermissionArgs are the inputs of aws:lambda/permission:Permission, and of the operation AddPermission.
type PermissionArgs struct {
	StatementID   *string `pulumi:"statementId,optional,replace" json:"StatementId"`
	Function      string  `pulumi:"function,replace" json:"-"`
	Action        string  `pulumi:"action,replace"`
	Principal     string  `pulumi:"principal,replace"`
	SourceARN     *string `pulumi:"sourceArn,optional,replace" json:"SourceArn"`
	SourceAccount *string `pulumi:"sourceAccount,optional,replace"`
}

// permissionRules are what the inputs must match.
var permissionRules = []struct {
	property string
	value    func(*PermissionArgs) *string
	pattern  *regexp.Regexp
	want     string
}{
	{"statementId", func(in *PermissionArgs) *string { return in.StatementID }, regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`), "1 to 100 letters, digits, hyphens and underscores"},
	{"action", func(in *PermissionArgs) *string { return &in.Action }, regexp.MustCompile(`^lambda:([A-Za-z]+|\*)$`), "an action of Lambda such as lambda:InvokeFunction"},
	{"principal", func(in *PermissionArgs) *string { return &in.Principal }, regexp.MustCompile(`^(\*|\d{12}|arn:aws:.*|[a-z0-9.-]+\.amazonaws\.com)$`), "a service such as sns.amazonaws.com, an account or an ARN"},
	{"sourceArn", func(in *PermissionArgs) *string { return in.SourceARN }, regexp.MustCompile(`^arn:`), "an ARN"},
	{"sourceAccount", func(in *PermissionArgs) *string { return in.SourceAccount }, accountID, "an account id"},
}

// validate checks the inputs of AddPermission.
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
	return &provider.Object[PermissionArgs, PermissionArgs, PermissionArgs]{
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
			if p := f.permission(sid); p != nil {
				return p, nil
			}
			return nil, statementNotFound(sid)
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
