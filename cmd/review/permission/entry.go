// Package permission compares what the policies of two deployments allow. It works on the policies' meaning: a statement that is
// written in another way, or that another statement contains, is no difference.
//
// Allow and Deny are compared each for itself. An action that is newly allowed counts as gained also if a Deny forbids it.
package permission

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Holder is what a policy belongs to: a role, or a resource with a policy of its own.
type Holder struct {
	Kind string // such as "role" or "queue"
	Name string
}

// Entry is one action on one resource for one principal, as a statement allows or denies it.
type Entry struct {
	Holder Holder
	// Principal is empty in a policy of a role, which is about the role itself.
	Principal string
	Deny      bool
	Action    set
	// Resource is an ARN, which may have wildcards.
	Resource set
	// Condition is by operator and key: {"ArnEquals": {"aws:SourceArn": ["arn:..."]}}.
	Condition map[string]map[string][]string
	// Managed is the ARN of a policy that is attached, and whose contents are not known. Then there is no action.
	Managed string
	// Trust is set where the principal may assume the holder, which is a role.
	Trust bool
}

// Parse splits a policy document into entries.
func Parse(holder Holder, kind Kind, text string) ([]Entry, error) {
	d, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("policy of the %s %s: %w", holder.Kind, holder.Name, err)
	}
	var entries []Entry
	for _, s := range d.Statement {
		base := Entry{Holder: holder, Deny: s.Effect == "Deny", Trust: kind == Trust}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				var texts []string
				for _, v := range values {
					texts = append(texts, string(v))
				}
				base.require(operator, key, texts)
			}
		}
		for _, principal := range principals(s.Principal) {
			for _, action := range sets(lower(s.Action), lower(s.NotAction)) {
				for _, resource := range sets(s.Resource, s.NotResource) {
					e := base
					e.Principal, e.Action, e.Resource = principal, action, resource
					entries = append(entries, e)
				}
			}
		}
	}
	return entries, nil
}

// require adds a condition.
func (e *Entry) require(operator, key string, values []string) {
	if e.Condition == nil {
		e.Condition = map[string]map[string][]string{}
	}
	if e.Condition[operator] == nil {
		e.Condition[operator] = map[string][]string{}
	}
	e.Condition[operator][key] = slices.Sorted(slices.Values(values))
}

// Invoke is the entry of a Lambda permission, which is a statement of the function's policy.
func Invoke(holder Holder, function, action, principal, sourceARN, sourceAccount string) Entry {
	e := Entry{Holder: holder, Principal: principalName(principal), Action: set{Pattern: action}, Resource: set{Pattern: function}}
	if sourceARN != "" {
		e.require("ArnLike", "aws:SourceArn", []string{sourceARN})
	}
	if sourceAccount != "" {
		e.require("StringEquals", "aws:SourceAccount", []string{sourceAccount})
	}
	return e
}

// Attached is the entry of a managed policy that a role has.
func Attached(holder Holder, arn string) Entry { return Entry{Holder: holder, Managed: arn} }

// everybody is the principal *.
const everybody = "everybody"

func principals(p *principalJSON) []string {
	if p == nil {
		return []string{""}
	}
	var names []string
	for _, name := range p.names {
		names = append(names, principalName(name))
	}
	if slices.Contains(names, everybody) {
		return []string{everybody}
	}
	return names
}

// principalName gives the two ways to write an account one name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func principalName(name string) string {
	if name == "*" {
		return everybody
	}
	if account, root := strings.CutSuffix(name, ":root"); root {
		return account[strings.LastIndex(account, ":")+1:]
	}
	return name
}

// lower keeps the case of actions, whose comparison ignores it, apart from the service's, which is always written small.
func lower(actions []string) []string {
	var list []string
	for _, a := range actions {
		service, name, _ := strings.Cut(a, ":")
		if name == "" {
			list = append(list, a)
			continue
		}
		list = append(list, strings.ToLower(service)+":"+name)
	}
	return list
}

func sets(patterns, except []string) []set {
	if len(except) > 0 {
		return []set{{Except: slices.Sorted(slices.Values(except))}}
	}
	if len(patterns) == 0 {
		return []set{{}} // a trust policy has no resource
	}
	var list []set
	for _, p := range patterns {
		list = append(list, set{Pattern: p})
	}
	return list
}

// covers returns whether an entry has the effect that another one has, or more.
func (e Entry) covers(o Entry) bool {
	return e.Holder == o.Holder && e.Deny == o.Deny && e.Managed == o.Managed && e.Trust == o.Trust &&
		(e.Principal == everybody || e.Principal == o.Principal) &&
		e.Action.folded().covers(o.Action.folded()) && e.Resource.covers(o.Resource) && weaker(e.Condition, o.Condition)
}

// folded ignores the case, as IAM does for actions.
func (s set) folded() set {
	f := set{Pattern: strings.ToLower(s.Pattern)}
	for _, e := range s.Except {
		f.Except = append(f.Except, strings.ToLower(e))
	}
	return f
}

// weaker returns whether each request that meets the conditions b meets those of a too.
func weaker(a, b map[string]map[string][]string) bool {
	for operator, keys := range a {
		for key, values := range keys {
			others, found := b[operator][key]
			if !found || !implied(operator, values, others) {
				return false
			}
		}
	}
	return true
}

// implied returns whether a condition with the values narrow implies one with the values wide. Values of one condition are
// alternatives, except with a negated operator: then each of them is excluded.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
func implied(operator string, wide, narrow []string) bool {
	if slices.Equal(wide, narrow) {
		return true
	}
	switch strings.TrimSuffix(operator, "IfExists") {
	case "StringEquals", "IpAddress", "NumericEquals", "Bool":
		return subset(narrow, wide, func(w, n string) bool { return w == n })
	case "StringLike", "ArnLike", "ArnEquals": // ArnEquals and ArnLike are the same
		return subset(narrow, wide, covers)
	case "StringNotEquals", "NotIpAddress", "NumericNotEquals":
		return subset(wide, narrow, func(n, w string) bool { return w == n })
	case "StringNotLike", "ArnNotLike", "ArnNotEquals":
		return subset(wide, narrow, covers)
	default:
		return false
	}
}

// subset returns whether for each of a there is one of b that contains it.
func subset(a, b []string, contains func(b, a string) bool) bool {
	for _, v := range a {
		if !slices.ContainsFunc(b, func(w string) bool { return contains(w, v) }) {
			return false
		}
	}
	return true
}

// conditionText is a condition as words: "`aws:SourceArn` `ArnEquals` `arn:...`".
func conditionText(c map[string]map[string][]string, name func(string) string) string {
	var parts []string
	for _, operator := range slices.SortedFunc(maps.Keys(c), cmp.Compare) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			var values []string
			for _, v := range c[operator][key] {
				values = append(values, name(v))
			}
			parts = append(parts, fmt.Sprintf("`%s` (`%s`) is %s", key, operator, strings.Join(values, " or ")))
		}
	}
	return strings.Join(parts, " and ")
}
