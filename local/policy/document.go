// Package policy parses IAM policy documents and decides requests by them, as
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html describes for one
// account: an explicit deny wins, then an allow in an identity-based or resource-based policy, else deny.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// Document is a policy.
type Document struct {
	Version    string
	ID         string     `json:"Id"`
	Statements Statements `json:"Statement"`
}

// Statement is one statement of a policy. NotAction, NotResource and NotPrincipal are not implemented.
type Statement struct {
	Sid       string
	Effect    string
	Action    Strings
	Resource  Strings
	Principal *Principals
	Condition map[string]map[string]Strings
}

// Statements accepts a single statement where a list may stand.
type Statements []Statement

// UnmarshalJSON implements json.Unmarshaler.
func (s *Statements) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		b = slices.Concat([]byte("["), b, []byte("]"))
	}
	var list []Statement
	if err := strictjson.Decode(b, &list); err != nil {
		return err
	}
	*s = list
	return nil
}

// Strings accepts a single string (or a bool or number, in conditions) where a list may stand.
type Strings []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *Strings) UnmarshalJSON(b []byte) error {
	var v any
	if err := strictjson.Decode(b, &v); err != nil {
		return err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	*s = nil
	for _, e := range list {
		switch e := e.(type) {
		case string, bool, json.Number:
			*s = append(*s, fmt.Sprint(e))
		default:
			return fmt.Errorf("a string is wanted, not %s", b)
		}
	}
	return nil
}

// Principals are the callers that a statement of a resource policy or trust policy applies to.
type Principals struct {
	Any     bool    // "*"
	AWS     Strings // ARNs, account ids, or "*"
	Service Strings // such as "sns.amazonaws.com"
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Principals) UnmarshalJSON(b []byte) error {
	var star string
	if json.Unmarshal(b, &star) == nil {
		if star != "*" {
			return fmt.Errorf("principal %q: a string principal can only be *", star)
		}
		*p = Principals{Any: true}
		return nil
	}
	var m struct{ AWS, Service Strings }
	if err := strictjson.Decode(b, &m); err != nil {
		return fmt.Errorf("principal: %w", err)
	}
	*p = Principals{AWS: m.AWS, Service: m.Service, Any: slices.Contains(m.AWS, "*")}
	return nil
}

// Kind is the place that a policy document takes, which decides what it must and may not contain.
type Kind int

const (
	// Identity policies belong to a role: they name resources, and no principal.
	Identity Kind = iota
	// Resource policies belong to a queue, a topic, a bucket: they name principals.
	Resource
	// Trust policies belong to a role. They name the principals that may assume it, and no resource.
	Trust
)

// Parse reads a policy document and refuses what AWS calls MalformedPolicyDocument.
func Parse(text string, kind Kind) (*Document, error) {
	var d Document
	if err := strictjson.Decode(text, &d); err != nil {
		return nil, fmt.Errorf("policy document is not valid: %w", err)
	}
	var errs []error
	if d.Version != "2012-10-17" && d.Version != "2008-10-17" {
		errs = append(errs, fmt.Errorf("member Version: must be 2012-10-17, got %q", d.Version))
	}
	if len(d.Statements) == 0 {
		errs = append(errs, errors.New("member Statement: at least one is required"))
	}
	for i, s := range d.Statements {
		for _, fault := range s.faults(kind) {
			errs = append(errs, fmt.Errorf("member Statement[%d]: %s", i, fault))
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("policy document is not valid: %w", errors.Join(errs...))
	}
	return &d, nil
}

// Check returns a function that refuses what Parse refuses.
func Check(kind Kind) func(text string) error {
	return func(text string) error {
		_, err := Parse(text, kind)
		return err
	}
}

type faults []string

// expect records a fault unless ok.
func (f *faults) expect(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

func (s *Statement) faults(kind Kind) faults {
	var f faults
	f.expect(s.Effect == "Allow" || s.Effect == "Deny", "Effect must be Allow or Deny, got %q", s.Effect)
	f.expect(len(s.Action) > 0, "Action is required")
	f.expect(kind == Identity || s.Principal != nil, "Principal is required")
	f.expect(kind == Trust || len(s.Resource) > 0, "Resource is required")
	for _, r := range s.Resource {
		f.expect(r == "*" || isARN(r), "Resource %q must be an ARN or *", r)
		f.expectPlain("Resource", r)
	}
	for op, keys := range s.Condition {
		_, err := parseOperator(op)
		f.expect(err == nil, "%v", err)
		for key, values := range keys {
			for _, v := range values {
				f.expectPlain(op+" "+key, v)
				_, isRange := parseRange(v)
				f.expect(isRange || !strings.Contains(op, "IpAddress"), "%s %s: %q is not an address or a range of addresses", op, key, v)
			}
		}
	}
	return f
}

// expectPlain refuses policy variables such as ${aws:username}: taken for plain text, one in a Deny would deny nothing.
func (f *faults) expectPlain(where, text string) {
	f.expect(!strings.Contains(text, "${"), "%s: the embedded cloud does not support policy variables, got %q", where, text)
}

func isARN(s string) bool { return strings.HasPrefix(s, "arn:") && strings.Count(s, ":") >= 5 }
