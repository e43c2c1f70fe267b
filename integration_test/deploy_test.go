package integration_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/stack"
)

// preview runs `pulumi preview` with a changed copy of the deployed config, and returns what it printed.
func preview(t *testing.T, change map[string]string, expectNoChanges bool) (string, error) {
	t.Helper()
	embedded(t)
	s := *deployment.stack
	var printed bytes.Buffer
	s.Log = &printed
	config := maps.Clone(deployment.config)
	maps.Copy(config, change)
	err := s.Preview(t.Context(), config, expectNoChanges)
	return printed.String(), err
}

// step is what an update would do to one resource: Op is same, create, update, replace, delete, ...
type step struct {
	Op  string `json:"op"`
	URN string `json:"urn"`
}

// plan returns the steps of an update from the recorded state, without a look at what exists.
func plan(t *testing.T, s *stack.Stack, config map[string]string) []step {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, s.CLI(t.Context(), &out, s.WithConfig([]string{"preview", "--json", "--show-sames"}, config)...))
	var plan struct {
		Steps []step `json:"steps"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &plan))
	return plan.Steps
}

func TestPreviewAfterUpShowsNoChange(t *testing.T) {
	printed, err := preview(t, nil, true)
	require.NoError(t, err, printed)
}

func TestRebuiltPackagesShowNoChange(t *testing.T) {
	embedded(t)
	elsewhere := t.TempDir()
	cmd := exec.Command("make", "package-local", "BUILD="+elsewhere, "BOOTSTRAP="+t.TempDir())
	cmd.Dir = project
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	rebuilt := filepath.Join(elsewhere, "local")
	for name := range fanOut(t).Functions {
		before, err := os.ReadFile(filepath.Join(project, "build", "local", name+".zip"))
		require.NoError(t, err)
		after, err := os.ReadFile(filepath.Join(rebuilt, name+".zip"))
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after), "%s is identical, byte for byte", name)
	}
	config := maps.Clone(deployment.config)
	config["packages"] = rebuilt
	steps := plan(t, deployment.stack, config)
	require.Greater(t, len(steps), 200, "the plan covers all patterns")
	for _, step := range steps {
		if isComponent(step.URN) {
			require.Contains(t, []string{"same", "update"}, step.Op, step.URN) // a component records the folder
		} else {
			require.Equal(t, "same", step.Op, step.URN)
		}
	}
}

// isComponent returns whether a URN is that of a component: a group of resources that is not itself a resource of AWS.
func isComponent(urn string) bool {
	types := strings.Split(urn, "::")[2] // from the outermost parent's to its own
	return strings.HasPrefix(types[strings.LastIndex(types, "$")+1:], "order-patterns:components:")
}

// TestInvalidConfigStopsPreviewWithInstructions has a case for each place that validates the config: the CLI, the program,
// the components and the provider. Each reports all its errors at once.
func TestInvalidConfigStopsPreviewWithInstructions(t *testing.T) {
	tests := map[string]struct {
		change map[string]string
		prints []string
	}{
		"the program": {
			map[string]string{
				"pattern": "fanuot", "storeBatchSize": "11", "invoiceBatchSize": "0",
			},
			[]string{
				`config pattern: unknown pattern "fanuot"`, "fanout", "all", "config storeBatchSize: must be from 1 to 10, got 11",
				"config invoiceBatchSize: must be from 1 to 10, got 0",
			},
		},
		"the CLI":    {map[string]string{"storeBatchSize": "ten"}, []string{"storeBatchSize", "integer"}},
		"no pattern": {map[string]string{"pattern": ""}, []string{"config pattern: is required", "fanout"}},
		"a component": {
			map[string]string{"logRetentionDays": "8", "packages": t.TempDir()},
			[]string{"Common.LogRetentionDays", "7", "store-order.zip", "make build"},
		},
		"the provider": {map[string]string{"aws:region": "eu-west-1"}, []string{"eu-west-1", "us-east-1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			printed, err := preview(t, tt.change, false)
			var failed *stack.Error
			require.ErrorAs(t, err, &failed, printed)
			for _, text := range tt.prints {
				require.Contains(t, printed, text)
			}
		})
	}
}
