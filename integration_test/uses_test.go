package integration_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// documented are actions that AWS requires of a role, and of which the embedded cloud has no use.
var documented = []string{
	// https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
	"state machine WriteTraces xray:GetSamplingRules", "state machine WriteTraces xray:GetSamplingTargets",
}

// requireUsed asserts that each action and each resource of each statement of the pattern's policies has allowed something
// since the cloud started. Alarms are not raised here.
func (g *permissions) requireUsed(t *testing.T) {
	t.Helper()
	var unused []string
	uses := deployment.uses()
	for _, p := range g.policies(t) {
		for _, s := range p.document.Statement {
			if s["Effect"] == "Allow" && sid(s) != alarmsPublish {
				for _, entry := range p.unused(s, uses) {
					if entry = p.owner + " " + sid(s) + " " + entry; !slices.Contains(documented, entry) {
						unused = append(unused, entry)
					}
				}
			}
		}
	}
	require.Empty(t, unused, "no call of a test has used these")
}

// unused returns the actions and resources of a statement that no call has used.
func (p *deployedPolicy) unused(s map[string]any, uses map[account.Use]bool) (entries []string) {
	resources := list(s["Resource"])
	if resources == nil {
		resources = []string{p.arn}
	}
	used := map[string]bool{}
	for u := range uses {
		// Other policies may have statements with the same Sid.
		if u.Sid == sid(s) && (p.role == "" || u.Principal == p.role) && slices.Contains(resources, u.Resource) {
			used[u.Action], used[u.Resource] = true, true
		}
	}
	return slices.DeleteFunc(append(actionsOf(s), resources...), func(entry string) bool { return used[entry] })
}

// requireTLS asserts that each queue, topic and bucket refuses, over a connection without TLS, each call that the pattern's
// roles have made.
func (g *permissions) requireTLS(t *testing.T) {
	t.Helper()
	anything, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)
	require.NoError(t, err)
	administrator := policy.Principal{ARN: "arn:aws:iam::123456789012:user/u", Policies: func() []*policy.Document { return []*policy.Document{anything} }}
	for _, p := range g.policies(t) {
		if !slices.ContainsFunc([]string{"sqs", "sns", "s3"}, func(service string) bool { return strings.HasPrefix(p.arn, "arn:aws:"+service+":") }) {
			continue
		}
		document, err := policy.Parse(p.document.String(), policy.Resource)
		require.NoError(t, err)
		var calls []policy.Grant
		for u := range deployment.uses() {
			if u.Resource == p.arn || strings.HasPrefix(u.Resource, p.arn+"/") {
				calls = append(calls, u.Grant)
			}
		}
		if calls == nil { // the bucket of the code is used only to deploy
			calls = append(calls, policy.Grant{Action: "s3:GetObject", Resource: p.arn + "/*"})
		}
		for _, u := range calls {
			over := func(tls string) error {
				return policy.Authorize(policy.Request{
					Principal: administrator, Action: u.Action, Resource: strings.ReplaceAll(u.Resource, "*", "x"), ResourcePolicy: document,
					Keys: map[string]string{"aws:SecureTransport": tls},
				})
			}
			require.NoError(t, over("true"), "%s on %s", u.Action, u.Resource)
			require.ErrorContains(t, over("false"), "explicit deny", "%s on %s", u.Action, u.Resource)
		}
	}
}
