package integration_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

type policyDocument struct {
	Version   string
	Statement []map[string]any

	text string // as deployed; empty for a changed copy
}

func parsePolicy(t *testing.T, text string) policyDocument {
	t.Helper()
	d := policyDocument{text: text}
	require.NoError(t, json.Unmarshal([]byte(text), &d), text)
	return d
}

func (d policyDocument) String() string {
	if d.text != "" {
		return d.text
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(text)
}

// without returns the document without some actions of one statement. A statement without actions is removed.
func (d policyDocument) without(statement int, actions ...any) policyDocument {
	d.text, d.Statement = "", slices.Clone(d.Statement)
	rest := slices.DeleteFunc(slices.Clone(d.Statement[statement]["Action"].([]any)), func(a any) bool { return slices.Contains(actions, a) })
	if len(rest) == 0 {
		d.Statement = slices.Delete(d.Statement, statement, statement+1)
		return d
	}
	d.Statement[statement] = maps.Clone(d.Statement[statement])
	d.Statement[statement]["Action"] = rest
	return d
}

// withoutAction returns the document without an action, in whichever statements it is.
func (d policyDocument) withoutAction(t *testing.T, action string) policyDocument {
	t.Helper()
	d.statementWith(t, action) // there is one
	for i := range slices.Backward(d.Statement) {
		if slices.Contains(d.Statement[i]["Action"].([]any), any(action)) {
			d = d.without(i, action)
		}
	}
	return d
}

// rolePolicy is the only policy of one of the patterns' roles.
type rolePolicy struct {
	role, name string
	document   policyDocument // as deployed
}

func readRolePolicy(t *testing.T, role string) *rolePolicy {
	t.Helper()
	roles := iamClient(t)
	list, err := roles.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	require.Len(t, list.PolicyNames, 1)
	attached, err := roles.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	require.Empty(t, attached.AttachedPolicies, "the role has no policy besides its own")
	p := &rolePolicy{role: role, name: list.PolicyNames[0]}
	got, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &p.name})
	require.NoError(t, err)
	text, err := url.PathUnescape(*got.PolicyDocument)
	require.NoError(t, err)
	p.document = parsePolicy(t, text)
	return p
}

// remove removes actions of one statement from the policy. If that was the only statement, it deletes the policy: a policy
// must have statements.
func (p *rolePolicy) remove(t *testing.T, statement int, actions ...any) {
	t.Helper()
	d := p.document.without(statement, actions...)
	if len(d.Statement) > 0 {
		p.put(t, d.String())
		return
	}
	_, err := iamClient(t).DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &p.role, PolicyName: &p.name})
	require.NoError(t, err)
}

// restore puts back the policy as it was deployed.
func (p *rolePolicy) restore(t *testing.T) {
	t.Helper()
	p.put(t, p.document.String())
}

func (p *rolePolicy) put(t *testing.T, text string) {
	t.Helper()
	_, err := iamClient(t).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &p.role, PolicyName: &p.name, PolicyDocument: &text})
	require.NoError(t, err)
}

// statementWith returns the index of the statement that has this action.
func (d policyDocument) statementWith(t *testing.T, action string) int {
	t.Helper()
	i := slices.IndexFunc(d.Statement, func(s map[string]any) bool { return slices.Contains(s["Action"].([]any), any(action)) })
	require.NotEqual(t, -1, i, "no statement has %s", action)
	return i
}

func sid(statement map[string]any) string { return statement["Sid"].(string) }

func actionsOf(statement map[string]any) []string { return list(statement["Action"]) }

// list returns an element of a policy that may be one string or several.
func list(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			all = append(all, e.(string))
		}
	}
	return all
}

// conditionValue returns the value that a statement requires of a condition key, or nil.
func conditionValue(statement map[string]any, key string) *string {
	conditions, _ := statement["Condition"].(map[string]any)
	for _, keys := range conditions {
		for k, value := range keys.(map[string]any) {
			if strings.EqualFold(k, key) {
				return aws.String(list(value)[0])
			}
		}
	}
	return nil
}
