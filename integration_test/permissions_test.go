package integration_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// permissions describes the permissions of a pattern, and how to check whether the pattern works.
type permissions struct {
	functions map[string]function
	// services are the names of the roles that AWS services assume, by purpose.
	services map[string]string
	// works uses, with orders, everything that the pattern does, except for the logs and traces of its functions. from is
	// when it began. The headers sampled make API Gateway trace a request.
	works func(p *probe, from time.Time, sampled []string) error
	// changed makes a change of a function's permission for an action take effect.
	changed func(t *testing.T, function, action string)
	// clean removes the messages that could not be handled for lack of a permission.
	clean func(t *testing.T)
	// testedElsewhere are the Sids of statements, and functions with an action, whose use another test shows.
	testedElsewhere []string
}

// check runs works, and checks that each function writes logs and traces.
func (g *permissions) check(p *probe) error {
	from, sampled := p.begin()
	if err := g.works(p, from, sampled); err != nil {
		return err
	}
	for name, fn := range g.functions {
		if err := p.until(name+" writes logs", func() (bool, error) { return p.logged(fn.LogGroup, from) }); err != nil {
			return err
		}
		if err := p.until(name+" is traced", func() (bool, error) { return p.traced(fn.Name, from) }); err != nil {
			return err
		}
	}
	return nil
}

func (g *permissions) requireWorks(t *testing.T) {
	t.Helper()
	require.NoError(t, g.check(&probe{t: t, functions: g.functions}), "with all permissions")
}

// refusal describes calls that IAM refuses. Principal and resource are patterns; empty matches all.
type refusal struct {
	principal, resource string
	actions             []string
}

func ofRole(role string, actions ...string) refusal {
	return refusal{principal: "*:assumed-role/" + role + "/*", actions: actions}
}

// observe counts the calls that IAM refuses until the test ends.
func (r refusal) observe(t *testing.T) *counter {
	t.Helper()
	seen := &counter{}
	inject(t, fault.Rule{When: fault.Refused, Principal: r.principal, Resource: r.resource, Do: func(_ context.Context, e fault.Event) error {
		if slices.Contains(r.actions, e.Action) {
			seen.Add(1)
		}
		return nil
	}})
	return seen
}

// requireBreaks asserts that the pattern does not work between forbid and allow, and that IAM refuses a call meanwhile.
func (g *permissions) requireBreaks(t *testing.T, r refusal, forbid, allow func()) {
	t.Helper()
	refused := r.observe(t)
	forbid()
	err := g.check(&probe{t: t, functions: g.functions, refused: refused})
	allow()
	g.clean(t)
	require.Error(t, err, "the pattern works without the permission")
	require.Positive(t, refused.Load(), "the pattern fails, but IAM did not refuse %v: %v", r.actions, err)
	t.Log("fails as expected:", err)
}

// observability are the actions with which functions write logs and traces. Each value checks for what a function writes.
var observability = map[string]func(p *probe, fn function, from time.Time) (bool, error){
	"logs:CreateLogStream":     func(p *probe, fn function, from time.Time) (bool, error) { return p.logged(fn.LogGroup, from) },
	"logs:PutLogEvents":        func(p *probe, fn function, from time.Time) (bool, error) { return p.logged(fn.LogGroup, from) },
	"xray:PutTraceSegments":    func(p *probe, fn function, from time.Time) (bool, error) { return p.traced(fn.Name, from) },
	"xray:PutTelemetryRecords": func(p *probe, fn function, from time.Time) (bool, error) { return p.traced(fn.Name, from) },
}

// requireAllNeeded asserts that the pattern needs all its permissions. It removes, one at a time, each action of each
// statement of each function's role, each statement of the other roles, and each statement of each function's own policy.
// The pattern must fail each time.
func (g *permissions) requireAllNeeded(t *testing.T) {
	embedded(t) // on AWS each change of a policy takes seconds or minutes to take effect
	g.requireWorks(t)
	policies := map[string]*rolePolicy{}
	for name, fn := range g.functions {
		policies[name] = readRolePolicy(t, fn.RoleName)
	}
	for action, written := range observability {
		t.Run("all functions "+action, func(t *testing.T) { g.requireNotObservable(t, policies, action, written) })
	}
	for name, fn := range g.functions {
		policy := policies[name]
		for i, s := range policy.document.Statement {
			for _, a := range s["Action"].([]any) {
				action := a.(string)
				if observability[action] != nil || slices.Contains(g.testedElsewhere, name+" "+action) {
					continue
				}
				t.Run(name+" "+action+" "+s["Sid"].(string), func(t *testing.T) {
					g.requireBreaks(t, ofRole(fn.RoleName, action), func() {
						policy.remove(t, i, action)
						g.changed(t, name, action)
					}, func() {
						policy.restore(t)
						g.changed(t, name, action)
					})
				})
			}
		}
	}
	for name, role := range g.services {
		policy := readRolePolicy(t, role)
		for i, s := range policy.document.Statement {
			if slices.Contains(g.testedElsewhere, s["Sid"].(string)) {
				continue
			}
			var actions []string
			for _, a := range s["Action"].([]any) {
				actions = append(actions, a.(string))
			}
			t.Run(name+" "+s["Sid"].(string), func(t *testing.T) {
				g.requireBreaks(t, ofRole(role, actions...), func() { policy.remove(t, i, s["Action"].([]any)...) }, func() { policy.restore(t) })
			})
		}
	}
	g.requireInvocationsNeeded(t)
	g.requireWorks(t)
}

// requireNotObservable removes an action that is used for logs and traces from the roles of all functions. The pattern must
// work as before. IAM must refuse the action to each function, and none may have written what the action is for.
func (g *permissions) requireNotObservable(t *testing.T, policies map[string]*rolePolicy, action string, written func(*probe, function, time.Time) (bool, error)) {
	t.Helper()
	refused := map[string]*counter{}
	for name, policy := range policies {
		policy.remove(t, policy.document.statementWith(t, action), action)
		g.changed(t, name, action)
		refused[name] = ofRole(g.functions[name].RoleName, action).observe(t)
	}
	p := &probe{t: t, functions: g.functions}
	from, sampled := p.begin()
	err := g.works(p, from, sampled)
	var notRefused []string
	seen := map[string]bool{}
	for name, fn := range g.functions {
		if p.until(name+" is refused "+action, func() (bool, error) { return refused[name].Load() > 0, nil }) != nil {
			notRefused = append(notRefused, name)
		}
		ok, err := written(p, fn, from)
		require.NoError(t, err)
		seen[name] = ok
	}
	for name, policy := range policies {
		policy.restore(t)
		g.changed(t, name, action)
	}
	g.clean(t)
	require.NoError(t, err, "orders do not need the permission")
	require.Empty(t, notRefused, "IAM did not refuse %s to these functions", action)
	for name := range seen {
		require.False(t, seen[name], "%s writes logs or traces without the permission", name)
	}
}

// requireInvocationsNeeded removes each statement of each function's own policy, which allows API Gateway to invoke it.
func (g *permissions) requireInvocationsNeeded(t *testing.T) {
	functions := lambdaClient(t)
	for name, fn := range g.functions {
		got, err := functions.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String(fn.Name)})
		if err != nil {
			require.ErrorContains(t, err, "ResourceNotFoundException", name)
			continue // API Gateway does not invoke this function
		}
		var doc policyDocument
		require.NoError(t, json.Unmarshal([]byte(*got.Policy), &doc))
		for _, s := range doc.Statement {
			sid := s["Sid"].(string)
			t.Run(name+" "+sid, func(t *testing.T) {
				r := refusal{principal: "apigateway.amazonaws.com", resource: "*:" + fn.Name, actions: []string{"lambda:InvokeFunction"}}
				g.requireBreaks(t, r, func() {
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

// withoutPermission runs do while a function's role lacks an action.
func (g *permissions) withoutPermission(t *testing.T, function, action string, do func()) {
	t.Helper()
	policy := readRolePolicy(t, g.functions[function].RoleName)
	policy.remove(t, policy.document.statementWith(t, action), action)
	g.changed(t, function, action)
	do()
	policy.restore(t)
	g.changed(t, function, action)
}

// isPolling returns whether an event source mapping uses the action to poll a queue or a stream.
func isPolling(action string) bool {
	return strings.HasPrefix(action, "kinesis:") || action == "sqs:ReceiveMessage" || action == "sqs:GetQueueAttributes"
}
