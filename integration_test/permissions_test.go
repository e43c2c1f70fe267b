package integration_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

// permissions are what a pattern was granted, and how to tell whether it still works.
type permissions struct {
	functions map[string]function
	// services are the names of further roles, those that AWS services assume, by what they are for.
	services map[string]string
	// serves checks, with orders, all that the pattern is for, and what an operator sees of it apart from its functions.
	// from is when it began; the headers have its trace recorded.
	serves func(p *probe, from time.Time, sampled []string) error
	// changed makes a function's changed role count.
	changed func(t *testing.T, function string)
	// clean drops what failed for want of a permission.
	clean func(t *testing.T)
	// patience is how long to wait for what is expected to break, for each thing.
	patience time.Duration
	// elsewhere are the Sids of statements, and the actions of functions, whose use another test shows.
	elsewhere []string
}

// works checks all that the pattern is for, and that each of its functions leaves logs and traces.
func (g *permissions) works(p *probe) error {
	from, sampled := p.begin()
	if err := g.serves(p, from, sampled); err != nil {
		return err
	}
	return p.observed(g.functions, from)
}

// mustWork says that nothing is broken before something is, and again after it was mended; also to who is impatient, or
// else impatience alone would break it.
func (g *permissions) mustWork(t *testing.T) {
	t.Helper()
	require.NoError(t, g.works(&probe{t: t, patience: 20 * time.Second}), "with all permissions")
	var err error
	for range 5 { // a busy machine may be late once
		if err = g.works(&probe{t: t, patience: g.patience}); err == nil {
			return
		}
	}
	require.NoError(t, err, "with all permissions, within %s for each thing", g.patience)
}

// mustBreak says that something is missed.
func (g *permissions) mustBreak(t *testing.T, take, giveBack func()) {
	t.Helper()
	take()
	err := g.works(&probe{t: t, patience: g.patience})
	giveBack()
	g.clean(t)
	require.Error(t, err, "the pattern works without it")
	t.Log("breaks, as it should:", err)
}

type policyDocument struct {
	Version   string
	Statement []map[string]any
}

func (d policyDocument) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(text)
}

// without returns the document with some actions taken from one statement, and the statement with its last action.
func (d policyDocument) without(statement int, actions ...any) policyDocument {
	d.Statement = slices.Clone(d.Statement)
	rest := slices.DeleteFunc(slices.Clone(d.Statement[statement]["Action"].([]any)), func(a any) bool { return slices.Contains(actions, a) })
	if len(rest) == 0 {
		d.Statement = slices.Delete(d.Statement, statement, statement+1)
		return d
	}
	d.Statement[statement] = maps.Clone(d.Statement[statement])
	d.Statement[statement]["Action"] = rest
	return d
}

// rolePolicy is the one policy that a role of ours has.
type rolePolicy struct {
	t          *testing.T
	role, name string
	document   policyDocument
}

func readRolePolicy(t *testing.T, role string) *rolePolicy {
	t.Helper()
	roles := iam.NewFromConfig(awsConfig(t))
	list, err := roles.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	require.Len(t, list.PolicyNames, 1)
	attached, err := roles.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	require.Empty(t, attached.AttachedPolicies, "all that the role allows is in its own policy")
	p := &rolePolicy{t: t, role: role, name: list.PolicyNames[0]}
	got, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &p.name})
	require.NoError(t, err)
	text, err := url.PathUnescape(*got.PolicyDocument)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(text), &p.document))
	return p
}

// put changes the policy. One without statements is not a policy: then the role loses it.
func (p *rolePolicy) put(d policyDocument) {
	p.t.Helper()
	roles := iam.NewFromConfig(awsConfig(p.t))
	var err error
	if len(d.Statement) == 0 {
		_, err = roles.DeleteRolePolicy(p.t.Context(), &iam.DeleteRolePolicyInput{RoleName: &p.role, PolicyName: &p.name})
	} else {
		_, err = roles.PutRolePolicy(p.t.Context(), &iam.PutRolePolicyInput{
			RoleName: &p.role, PolicyName: &p.name, PolicyDocument: aws.String(d.String()),
		})
	}
	require.NoError(p.t, err)
}

// observing are the actions with which a function leaves logs and traces, and what is missing without each.
var observing = map[string]func(p *probe, fn function, from time.Time) (bool, error){
	"logs:CreateLogStream":     func(p *probe, fn function, from time.Time) (bool, error) { return p.logged(fn.LogGroup, from) },
	"logs:PutLogEvents":        func(p *probe, fn function, from time.Time) (bool, error) { return p.logged(fn.LogGroup, from) },
	"xray:PutTraceSegments":    func(p *probe, fn function, from time.Time) (bool, error) { return p.traced(fn.Name, from) },
	"xray:PutTelemetryRecords": func(p *probe, fn function, from time.Time) (bool, error) { return p.traced(fn.Name, from) },
}

// noneCanBeTakenAway takes every action of every statement of every function's role away, one at a time, and every
// statement of the other roles, and wants the pattern to break each time: what is not missed should not be granted.
func (g *permissions) noneCanBeTakenAway(t *testing.T) {
	embedded(t) // IAM on AWS takes effect within seconds or minutes; that would take hours.
	g.mustWork(t)
	policies := map[string]*rolePolicy{}
	for name, fn := range g.functions {
		policies[name] = readRolePolicy(t, fn.RoleName)
	}
	for action, left := range observing {
		t.Run("each function "+action, func(t *testing.T) { g.mustNotBeSeen(t, policies, action, left) })
	}
	for name := range g.functions {
		policy := policies[name]
		for i, s := range policy.document.Statement {
			for _, action := range s["Action"].([]any) {
				if observing[action.(string)] != nil || slices.Contains(g.elsewhere, name+" "+action.(string)) {
					continue
				}
				t.Run(name+" "+action.(string)+" "+s["Sid"].(string), func(t *testing.T) {
					g.mustBreak(t, func() { g.put(t, name, policy, policy.document.without(i, action)) }, func() { g.put(t, name, policy, policy.document) })
				})
			}
		}
	}
	for name, role := range g.services {
		policy := readRolePolicy(t, role)
		for i, s := range policy.document.Statement {
			if slices.Contains(g.elsewhere, s["Sid"].(string)) {
				continue
			}
			t.Run(name+" "+s["Sid"].(string), func(t *testing.T) {
				g.mustBreak(t, func() { policy.put(policy.document.without(i, s["Action"].([]any)...)) }, func() { policy.put(policy.document) })
			})
		}
	}
	g.noInvocationCanBeForbidden(t)
	g.mustWork(t)
}

// put changes the policy of a function's role, and makes that count.
func (g *permissions) put(t *testing.T, name string, policy *rolePolicy, d policyDocument) {
	t.Helper()
	policy.t = t
	policy.put(d)
	g.changed(t, name)
}

// mustNotBeSeen takes an action with which functions leave traces of themselves from all of them. The pattern serves as
// before; each of them is missed, for itself.
func (g *permissions) mustNotBeSeen(t *testing.T, policies map[string]*rolePolicy, action string, left func(*probe, function, time.Time) (bool, error)) {
	t.Helper()
	for name, policy := range policies {
		found := false
		for i, s := range policy.document.Statement {
			if slices.Contains(s["Action"].([]any), any(action)) {
				found = true
				g.put(t, name, policy, policy.document.without(i, action))
			}
		}
		require.True(t, found, "%s has no %s", name, action)
	}
	p := &probe{t: t, patience: 20 * time.Second}
	from, sampled := p.begin()
	err := g.serves(p, from, sampled)
	time.Sleep(g.patience)
	seen := map[string]bool{}
	for name, fn := range g.functions {
		ok, err := left(p, fn, from)
		require.NoError(t, err)
		seen[name] = ok
	}
	for name, policy := range policies {
		g.put(t, name, policy, policy.document)
	}
	g.clean(t)
	require.NoError(t, err, "orders do not need it")
	for name := range seen {
		require.False(t, seen[name], "%s is seen without it", name)
	}
}

// noInvocationCanBeForbidden takes every statement of every function's own policy away.
func (g *permissions) noInvocationCanBeForbidden(t *testing.T) {
	functions := lambda.NewFromConfig(awsConfig(t))
	for name, fn := range g.functions {
		got, err := functions.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String(fn.Name)})
		if err != nil {
			require.ErrorContains(t, err, "ResourceNotFoundException", name)
			continue // a function that no service invokes by such a permission
		}
		var doc policyDocument
		require.NoError(t, json.Unmarshal([]byte(*got.Policy), &doc))
		for _, s := range doc.Statement {
			sid := s["Sid"].(string)
			t.Run(name+" "+sid, func(t *testing.T) {
				g.mustBreak(t, func() {
					_, err := functions.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: aws.String(fn.Name), StatementId: &sid})
					require.NoError(t, err)
				}, func() {
					_, err := functions.AddPermission(t.Context(), &lambda.AddPermissionInput{
						FunctionName: aws.String(fn.Name), StatementId: &sid, Action: aws.String("lambda:InvokeFunction"),
						Principal: aws.String("apigateway.amazonaws.com"), SourceArn: sourceARN(s),
					})
					require.NoError(t, err)
				})
			})
		}
	}
}

// sourceARN is the aws:SourceArn that a statement's condition wants.
func sourceARN(statement map[string]any) *string {
	for _, keys := range statement["Condition"].(map[string]any) {
		for key, value := range keys.(map[string]any) {
			if strings.EqualFold(key, "aws:SourceArn") {
				return aws.String(value.(string))
			}
		}
	}
	return nil
}
