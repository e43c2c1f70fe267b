package integration_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// narrowing is a policy one of whose statements allows less than was deployed.
type narrowing struct {
	what     string
	document policyDocument
}

// narrowings returns the document once for each resource and each value of a condition of one statement, with another in its
// place that nothing matches.
func (d policyDocument) narrowings(t *testing.T, statement int) (all []narrowing) {
	t.Helper()
	add := func(what string, change func(s map[string]any)) {
		narrow := d.clone(t)
		change(narrow.Statement[statement])
		all = append(all, narrowing{what, narrow.clone(t)}) // with the types that JSON has
	}
	s := d.Statement[statement]
	// each adds a document for each entry of a list.
	each := func(what string, entries []string, other func(entry string) string, set func(s map[string]any, entries []string)) {
		for i, entry := range entries {
			name := what
			if len(entries) > 1 {
				name += " " + entry
			}
			add(name, func(s map[string]any) {
				narrow := slices.Clone(entries)
				narrow[i] = other(entry)
				set(s, narrow)
			})
		}
	}
	service, _, _ := strings.Cut(actionsOf(s)[0], ":")
	each("resource", list(s["Resource"]), func(arn string) string { return another(arn, service) },
		func(s map[string]any, entries []string) { s["Resource"] = entries })
	conditions, _ := s["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key, values := range keys.(map[string]any) {
			each("condition "+operator+" "+key, list(values), func(value string) string { return anotherValue(t, operator, value) },
				func(s map[string]any, entries []string) {
					s["Condition"].(map[string]any)[operator].(map[string]any)[key] = entries
				})
		}
	}
	return all
}

// clone returns a copy to change.
func (d policyDocument) clone(t *testing.T) (c policyDocument) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(d.String()), &c))
	return c
}

// another returns the ARN of another resource of the same kind. Where arn is a pattern for what is in a resource, it is one
// for less of it. service is that of the actions, for the resource *.
func another(arn, service string) string {
	switch {
	case arn == "*":
		return "arn:aws:" + service + ":us-east-1:123456789012:another"
	case strings.HasSuffix(arn, ":*"): // a log group's streams
		return strings.TrimSuffix(arn, ":*") + "-another:*"
	case strings.HasSuffix(arn, "/*"): // a folder of a bucket
		return strings.TrimSuffix(arn, "*") + "another/*"
	}
	return arn + "-another"
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// anotherValue returns a value for a condition that no request meets.
func anotherValue(t *testing.T, operator, value string) string {
	t.Helper()
	base := strings.TrimSuffix(operator, "IfExists")
	switch {
	case strings.HasPrefix(value, "arn:"):
		return another(value, "")
	case accountID.MatchString(value):
		return "000000000000"
	case base == "StringEquals" || base == "StringLike":
		return "another-" + value
	}
	require.Fail(t, "a narrower value of the operator "+operator+" is not known", value)
	return ""
}

// neverNarrow are the parts of statements that the pattern works without.
var neverNarrow = []string{
	// Lambda and API Gateway do not document that they name the account for which they assume a role, and the embedded cloud
	// does not. The condition is for the case that AWS does. TestEachFunctionMayDoWhatItDoesAndNothingElse of package components
	// asserts that roles have it, and TestConditionOperators of local/policy what IfExists means.
	"Assume condition StringEqualsIfExists aws:SourceAccount",
	// No order needs an alarm.
	alarmsPublish + " resource", alarmsPublish + " condition StringEquals aws:SourceAccount", alarmsPublish + " condition ArnLike aws:SourceArn",
}

// alarmsPublish is the Sid of what lets CloudWatch publish alarms: in the policy of the topic for them, and in that of the key.
const alarmsPublish = "AlarmsPublish"

// tlsOnly is the Sid of the statements that only refuse. A narrower one would refuse less. requireTLS tests them.
const tlsOnly = "TLSOnly"

// requireNotWiderThanNeeded asserts that the pattern fails if a resource or a condition of a statement is too narrow.
func (g *permissions) requireNotWiderThanNeeded(t *testing.T, p *deployedPolicy) {
	for i, s := range p.document.Statement {
		if s["Effect"] == "Deny" {
			require.Equal(t, tlsOnly, sid(s), p.owner)
			continue
		}
		if g.onlyInTrouble(p.owner, s, actionsOf(s)...) || observability[actionsOf(s)[0]] != nil && p.isFunctionRole {
			continue
		}
		for _, n := range p.document.narrowings(t, i) {
			if n.what == "resource" && p.fixedResource || slices.Contains(neverNarrow, sid(s)+" "+n.what) {
				continue
			}
			require.NotNil(t, p.replace, "%s: this test cannot replace statements of this policy", p.owner)
			t.Run(p.owner+" "+sid(s)+" "+n.what, func(t *testing.T) {
				g.requireBreaks(t, p.refused(s), func() { p.replace(t, i, n.document) }, func() { p.replace(t, i, p.document) })
			})
		}
	}
}
