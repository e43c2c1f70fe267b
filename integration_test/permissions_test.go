package integration_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// permissions describes the permissions of a pattern, and how to check whether the pattern works.
type permissions struct {
	// pattern is what the names of all that belongs to the pattern begin with.
	pattern   string
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
	// inTrouble are the permissions without which the pattern works as long as nothing fails.
	inTrouble []inTrouble
}

// inTrouble is a test that shows what permissions are for, without which works succeeds.
type inTrouble struct {
	name string
	// permissions are functions with an action, or Sids of statements.
	permissions []string
	test        func(t *testing.T)
}

// onlyInTrouble returns whether a test of inTrouble shows the use of all these actions of a statement.
func (g *permissions) onlyInTrouble(owner string, s map[string]any, actions ...string) bool {
	var listed []string
	for _, e := range g.inTrouble {
		listed = append(listed, e.permissions...)
	}
	return slices.Contains(listed, sid(s)) || !slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(listed, owner+" "+a) })
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

// requireAllNeeded asserts that the pattern needs all its permissions, and has used them all. It removes, one at a time, each
// action of each statement of each function's role, and makes each resource and each condition of each statement of all
// roles, queues and functions too narrow. The pattern must fail each time.
//
// A statement that is too narrow allows less than one without an action allows, if that was its only action. So such an action
// is not removed as well.
func (g *permissions) requireAllNeeded(t *testing.T) {
	embedded(t) // on AWS each change of a policy takes seconds or minutes to take effect
	g.requireWorks(t)
	g.requireObservabilityNeeded(t)
	for name, fn := range g.functions {
		policy := readRolePolicy(t, fn.RoleName)
		for i, s := range policy.document.Statement {
			for _, action := range actionsOf(s) {
				if len(actionsOf(s)) == 1 || observability[action] != nil || g.onlyInTrouble(name, s, action) {
					continue
				}
				t.Run(name+" "+action+" "+sid(s), func(t *testing.T) {
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
	for _, p := range g.policies(t) {
		g.requireNotWiderThanNeeded(t, p)
	}
	for _, e := range g.inTrouble {
		t.Run(e.name, e.test)
	}
	g.requireWorks(t)
	g.requireUsed(t)
	g.requireTLS(t)
}

// requireObservabilityNeeded removes the actions of observability from all functions at once, and makes their statements too
// narrow.
func (g *permissions) requireObservabilityNeeded(t *testing.T) {
	policies := map[string]*rolePolicy{}
	for name, fn := range g.functions {
		policies[name] = readRolePolicy(t, fn.RoleName)
	}
	for action, written := range observability {
		t.Run("all functions "+action, func(t *testing.T) {
			g.requireNotObservable(t, policies, action, written, func(p *rolePolicy) {
				p.remove(t, p.document.statementWith(t, action), action)
			})
		})
	}
	for _, action := range []string{"logs:CreateLogStream", "xray:PutTraceSegments"} { // one of each statement
		t.Run("all functions "+action+" resource", func(t *testing.T) {
			g.requireNotObservable(t, policies, action, observability[action], func(p *rolePolicy) {
				narrow := p.document.narrowings(t, p.document.statementWith(t, action))
				require.Len(t, narrow, 1)
				p.put(t, narrow[0].document.String())
			})
		})
	}
}

// requireNotObservable takes an action that is used for logs and traces from the roles of all functions. The pattern must work
// as before. IAM must refuse the action to each function, and none may have written what the action is for.
func (g *permissions) requireNotObservable(
	t *testing.T, policies map[string]*rolePolicy, action string, written func(*probe, function, time.Time) (bool, error), forbid func(*rolePolicy),
) {
	t.Helper()
	refused := map[string]*counter{}
	for name, policy := range policies {
		forbid(policy)
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

// withoutPermission runs do while a function's role lacks an action, or has it for another resource only.
func (g *permissions) withoutPermission(t *testing.T, function, action string, do func()) {
	t.Helper()
	policy := readRolePolicy(t, g.functions[function].RoleName)
	i := policy.document.statementWith(t, action)
	if len(actionsOf(policy.document.Statement[i])) == 1 {
		narrow := policy.document.narrowings(t, i)
		require.Len(t, narrow, 1)
		policy.put(t, narrow[0].document.String())
	} else {
		policy.remove(t, i, action)
	}
	g.changed(t, function, action)
	do()
	policy.restore(t)
	g.changed(t, function, action)
}

// isPolling returns whether an event source mapping uses the action to poll a queue or a stream.
func isPolling(action string) bool {
	return strings.HasPrefix(action, "kinesis:") || action == "sqs:ReceiveMessage" || action == "sqs:GetQueueAttributes"
}
