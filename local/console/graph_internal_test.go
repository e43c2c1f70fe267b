package console

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/provider"
)

// resources are a function with a policy, and queues.
func resources(policy string, queues ...string) (all []provider.Resource) {
	const prefix = "arn:aws:lambda:us-east-1:123456789012:function:"
	all = append(all,
		provider.Resource{Type: "aws:lambda/function:Function", Name: "f", ID: "f-1", Properties: map[string]any{
			"arn": prefix + "f-1", "name": "f-1", "role": "arn:aws:iam::123456789012:role/f-role",
		}},
		provider.Resource{Type: "aws:lambda/function:Function", Name: "g", ID: "g-1", Properties: map[string]any{"arn": prefix + "g-1", "name": "g-1"}},
		provider.Resource{Type: "aws:iam/rolePolicy:RolePolicy", Name: "f-role", ID: "f-role:p", Properties: map[string]any{"role": "f-role", "policy": policy}},
	)
	for _, q := range queues {
		all = append(all, provider.Resource{Type: "aws:sqs/queue:Queue", Name: q, ID: "http://127.0.0.1/123456789012/" + q, Properties: map[string]any{
			"arn": "arn:aws:sqs:us-east-1:123456789012:" + q, "name": q,
		}})
	}
	return all
}

func statement(effect, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func TestPoliciesAreEdgesToWhatTheyName(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:123456789012:"
	for name, test := range map[string]struct {
		policy string
		want   []string
	}{
		"one":          {statement("Allow", "sqs:SendMessage", queue+"a"), []string{"a SendMessage"}},
		"a wildcard":   {statement("Allow", "sqs:Send*", queue+"a*"), []string{"a Send*", "ab Send*"}},
		"everything":   {statement("Allow", "sqs:SendMessage", "*"), nil},
		"a denial":     {statement("Deny", "sqs:SendMessage", queue+"a"), nil},
		"a version":    {statement("Allow", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:g-1:live"), []string{"g-1 InvokeFunction"}},
		"what is gone": {statement("Allow", "sqs:SendMessage", queue+"gone"), nil},
		"itself":       {statement("Allow", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:f-1"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(resources(test.policy, "a", "ab", "b"), 1)
			var got []string
			for _, c := range g.Components {
				for _, e := range c.Edges {
					require.Equal(t, "f", g.nodes[e.From].Name)
					got = append(got, g.nodes[e.To].Resource+" "+e.Label)
				}
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestFunctionsHaveFailureDestinations(t *testing.T) {
	all := append(resources(statement("Allow", "sqs:SendMessage", "*"), "failures"), provider.Resource{
		Type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", ID: "f-1", Properties: map[string]any{
			"functionName": "f-1", "destinationConfig": map[string]any{
				"onFailure": map[string]any{"destination": "arn:aws:sqs:us-east-1:123456789012:failures"},
			},
		},
	})
	g := newGraph(all, 1)
	require.Len(t, g.Components, 1)
	kinds := map[string]string{}
	for _, n := range g.Components[0].Nodes {
		kinds[n.Name] = n.Kind
	}
	require.Equal(t, map[string]string{"f": "function", "failures": "deadletters"}, kinds)
}

func TestTheNameOfAComponentIsWhatItsNamesBeginWith(t *testing.T) {
	for want, names := range map[string][]string{
		"fanout":     {"fanout-api", "fanout-orders", "fanout-store-order"},
		"work":       {"work", "work-api"},
		"a-b":        {"a-b-c", "a-b-d"},
		"first":      {"first", "second"},
		"order-keep": {"order-keep", "orders-take"},
	} {
		nodes := []*Node{}
		for _, name := range names {
			nodes = append(nodes, &Node{Name: name})
		}
		require.Equal(t, want, commonName(nodes))
	}
}
