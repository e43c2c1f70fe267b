package integration_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"
)

// keyOutputs are those of every pattern.
type keyOutputs struct {
	KeyARN    string `json:"keyArn"`
	KeyPolicy string `json:"keyPolicy"`
}

// TestPatternsWorkWithTheirOwnKeys deploys all patterns with a key of each pattern's own. Every permission for the key, of roles and
// of the key policy, is taken away, and the pattern must fail for the lack of it.
func TestPatternsWorkWithTheirOwnKeys(t *testing.T) {
	deployApart(t, map[string]string{"pattern": "all", "ownKey": "true", "shards": "1", "requireApiKey": "true"})
	for name, g := range map[string]*permissions{
		"fanout": fanOutPermissions(t), "orchestrator": orchestratorPermissions(t), "eventstream": eventStreamPermissions(t), "checker": checkerPermissions(t),
	} {
		t.Run(name, func(t *testing.T) {
			g.requireWorks(t)
			g.requireKeyNeeded(t, keysOf(t)[name].KeyARN)
			g.requireWorks(t)
		})
	}
}

// keysOf are the keys of the patterns.
func keysOf(t *testing.T) map[string]keyOutputs {
	t.Helper()
	text, err := deployment.stack.Outputs(t.Context())
	require.NoError(t, err)
	var keys map[string]keyOutputs
	require.NoError(t, json.Unmarshal(text, &keys))
	return keys
}

// keyTestedElsewhere are permissions for the key that the test of another permission shows: ship-order reports a failure after
// minutes only.
var keyTestedElsewhere = []string{"ship-order kms:GenerateDataKey"}

func (g *permissions) requireKeyNeeded(t *testing.T, keyARN string) {
	t.Helper()
	roles := map[string]string{}
	for name, fn := range g.functions {
		roles[name] = fn.RoleName
	}
	for name, role := range g.services {
		roles[name] = role
	}
	for name, role := range roles {
		policy := readRolePolicy(t, role)
		i := slices.IndexFunc(policy.document.Statement, func(s map[string]any) bool { return s["Sid"] == "UseKey" })
		if i < 0 {
			require.Equal(t, "API", name, "only the role that starts executions needs no key")
			continue
		}
		for _, a := range policy.document.Statement[i]["Action"].([]any) {
			action := a.(string)
			if slices.Contains(keyTestedElsewhere, name+" "+action) {
				continue
			}
			change := func(do func()) func() {
				return func() {
					do()
					if _, isFunction := g.functions[name]; isFunction {
						g.changed(t, name, action)
					}
				}
			}
			t.Run(name+" "+action, func(t *testing.T) {
				g.requireBreaks(t, ofRole(role, action), change(func() { policy.remove(t, i, action) }), change(func() { policy.restore(t) }))
			})
		}
	}
	g.requireKeyPolicyNeeded(t, keyARN)
}

// requireKeyPolicyNeeded removes each statement of the key policy that is not for people.
func (g *permissions) requireKeyPolicyNeeded(t *testing.T, keyARN string) {
	t.Helper()
	client := kms.NewFromConfig(awsConfig(t))
	key, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &keyARN})
	require.NoError(t, err)
	require.Equal(t, types.KeyStateEnabled, key.KeyMetadata.KeyState)
	got, err := client.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: &keyARN})
	require.NoError(t, err)
	var doc policyDocument
	require.NoError(t, json.Unmarshal([]byte(*got.Policy), &doc))
	set := func(text string) {
		_, err := client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: &keyARN, Policy: &text})
		require.NoError(t, err)
		for name := range g.functions {
			g.changed(t, name, "kms:Decrypt")
		}
	}
	for i, s := range doc.Statement {
		r := refusal{resource: keyARN}
		switch sid := s["Sid"].(string); {
		case strings.HasPrefix(sid, "Roles"):
			r.principal = "*:assumed-role/*"
		case sid == "TopicsSendToQueues":
			r.principal = "sns.amazonaws.com"
		case sid == "Logs":
			r.principal = "logs.*"
		default:
			require.Contains(t, []string{"Administer", "DeployAndOperate", alarmsPublish}, sid)
			continue
		}
		r.actions = []string{"kms:Decrypt", "kms:GenerateDataKey"}
		t.Run(fmt.Sprint("key policy ", s["Sid"]), func(t *testing.T) {
			g.requireBreaks(t, r, func() { set(doc.without(i, s["Action"].([]any)...).String()) }, func() { set(*got.Policy) })
		})
	}
}

// TestAKeyReplacesNothing previews a key of each pattern's own on a stack that is deployed without one: a change of the key must keep
// tables, buckets, queues and streams, and every order in them.
func TestAKeyReplacesNothing(t *testing.T) {
	embedded(t)
	config := maps.Clone(deployment.config)
	config["ownKey"] = "true"
	steps := plan(t, deployment.stack, config)
	made := 0
	for _, step := range steps {
		if strings.Contains(step.URN, "aws:kms/key:Key::") {
			made++
		}
		require.Contains(t, []string{"same", "update", "create"}, step.Op, step.URN)
	}
	require.Equal(t, 4, made)
}
