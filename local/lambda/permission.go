package lambda

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
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
	statements := make([]statement, len(list))
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

// addPermission adds a valid permission.
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

// statement is a permission in the policy document.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func (in *PermissionArgs) statement(f *function) statement {
	st := statement{Sid: *in.StatementID, Effect: "Allow", Action: in.Action, Resource: f.arn(), Condition: map[string]map[string]string{}}
	switch {
	case in.Principal == "*":
		st.Principal = "*"
	case accountID.MatchString(in.Principal):
		st.Principal = map[string]string{"AWS": "arn:aws:iam::" + in.Principal + ":root"}
	case strings.HasPrefix(in.Principal, "arn:"):
		st.Principal = map[string]string{"AWS": in.Principal}
	default:
		st.Principal = map[string]string{"Service": in.Principal}
	}
	if in.SourceARN != nil {
		st.Condition["ArnLike"] = map[string]string{"AWS:SourceArn": *in.SourceARN}
	}
	if in.SourceAccount != nil {
		st.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": *in.SourceAccount}
	}
	return st
}

var accountID = regexp.MustCompile(`^\d{12}$`)

func statementNotFound(sid string) error {
	return notFound("Statement %s is not found in resource policy.", sid)
}
