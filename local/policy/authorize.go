package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Principal is who makes a request: a role's session, a user, an AWS service, or, as the zero value, nobody.
type Principal struct {
	// ARN is the session's or user's: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION.
	ARN string
	// RoleARN is the role's own ARN, which policies name. It is the key aws:PrincipalArn.
	RoleARN string
	// ID is unique, unlike the ARN of a role's session: "AROA...:SESSION".
	ID string
	// Service is set for an AWS service that acts by itself: "sns.amazonaws.com".
	Service string
	// Policies returns the identity-based policies as they are now.
	Policies func() []*Document
}

// Anonymous returns whether the request is not signed.
func (p Principal) Anonymous() bool { return p.ARN == "" && p.Service == "" }

// String names the principal: its ARN, or the service.
func (p Principal) String() string {
	return cmp.Or(p.Service, p.ARN, "anonymous")
}

// ServicePrincipal is an AWS service acting by itself, for which only resource policies count.
func ServicePrincipal(name string) Principal { return Principal{Service: name} }

// Request is one action that needs permission.
type Request struct {
	Principal Principal
	Action    string // "sqs:SendMessage"
	Resource  string // an ARN
	// ResourcePolicy is the policy attached to the resource; nil for none.
	ResourcePolicy *Document
	// ByDelegation is how KMS decides: identity policies count only if the resource policy allows the action to the
	// principal's account. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
	ByDelegation bool
	// Keys are the condition keys of this request, such as aws:SourceArn. aws:PrincipalArn is added, and aws:SecureTransport:
	// what listens on loopback without TLS stands for what AWS serves over TLS.
	Keys map[string]string
	// Granted, if set, is called for each statement that allows the action. The request may still be denied by another.
	Granted func(Grant)
}

// Grant names a statement that allows a request, by its Sid, and the first entries of it that match. Resource is the requested
// one if the statement has none, as in a trust policy.
type Grant struct{ Sid, Action, Resource string }

// DeniedError is the reason why a request is not allowed. Its text is that of AWS:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type DeniedError struct {
	Request  Request
	Explicit string // the policy that denies: "an identity-based" or "a resource-based"; empty if none allows

	notDelegated bool // the resource policy does not let identity policies decide
}

func (e *DeniedError) Error() string {
	r := e.Request
	reason := "because no identity-based policy allows the " + r.Action + " action"
	switch {
	case e.Explicit != "":
		reason = "with an explicit deny in " + e.Explicit + " policy"
	case r.Principal.Policies == nil || e.notDelegated:
		reason = "because no resource-based policy allows the " + r.Action + " action"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", r.Principal, r.Action, r.Resource, reason)
}

// IsDenied reports whether an error is a missing permission.
func IsDenied(err error) bool {
	_, ok := errors.AsType[*DeniedError](err)
	return ok
}

// Authorize returns nil if r is allowed, else a *DeniedError.
func Authorize(r Request) error {
	keys := map[string]string{"aws:securetransport": "true"}
	for key, value := range r.Keys {
		keys[strings.ToLower(key)] = value // keys compare without regard to case
	}
	if arn := cmp.Or(r.Principal.RoleARN, r.Principal.ARN); arn != "" {
		keys["aws:principalarn"] = arn
	}
	var identity, resource, delegated bool // what allows the action
	if r.Principal.Policies != nil {
		for _, d := range r.Principal.Policies() {
			for i := range d.Statements {
				s := &d.Statements[i]
				if !s.appliesTo(r, keys) {
					continue
				}
				if s.Effect == "Deny" {
					return &DeniedError{Request: r, Explicit: "an identity-based"}
				}
				s.granted(r)
				identity = true
			}
		}
	}
	if r.ResourcePolicy != nil {
		for i := range r.ResourcePolicy.Statements {
			s := &r.ResourcePolicy.Statements[i]
			if s.Principal == nil || !s.Principal.include(r.Principal) || !s.appliesTo(r, keys) {
				continue
			}
			if s.Effect == "Deny" {
				return &DeniedError{Request: r, Explicit: "a resource-based"}
			}
			s.granted(r)
			// The account's own ARN in a resource policy delegates to identity policies; it grants nothing itself.
			if s.Principal.name(r.Principal) {
				resource = true
			} else {
				delegated = true
			}
		}
	}
	if resource || identity && (delegated || !r.ByDelegation) {
		return nil
	}
	return &DeniedError{Request: r, notDelegated: r.ByDelegation && !delegated}
}

func (s *Statement) appliesTo(r Request, keys map[string]string) bool {
	action := func(p string) bool { return matchAction(p, r.Action) }
	resource := func(p string) bool { return matchARN(p, r.Resource) }
	return slices.ContainsFunc(s.Action, action) && (len(s.Resource) == 0 || slices.ContainsFunc(s.Resource, resource)) && holds(s.Condition, keys)
}

func (s *Statement) granted(r Request) {
	if r.Granted == nil {
		return
	}
	first := func(entries Strings, request string, match func(pattern, value string) bool) string {
		for _, e := range entries {
			if match(e, request) {
				return e
			}
		}
		return request
	}
	r.Granted(Grant{s.Sid, first(s.Action, r.Action, matchAction), first(s.Resource, r.Resource, matchARN)})
}

// include reports whether the principals are the caller or have it, as one of an account.
func (ps *Principals) include(p Principal) bool {
	return ps.name(p) || slices.ContainsFunc(ps.AWS, func(want string) bool { return isAccount(want, p) })
}

// name reports whether the caller itself is one of the principals.
func (ps *Principals) name(p Principal) bool {
	if p.Service != "" {
		return ps.Any || slices.Contains(ps.Service, p.Service)
	}
	return ps.Any || slices.Contains(ps.AWS, p.ARN) || slices.Contains(ps.AWS, p.RoleARN)
}

// isAccount returns whether want names the principal's whole account, by its id or its root ARN.
func isAccount(want string, p Principal) bool {
	parts := strings.Split(p.ARN, ":")
	if len(parts) < 5 || parts[4] == "" {
		return false
	}
	return want == parts[4] || want == "arn:aws:iam::"+parts[4]+":root"
}
