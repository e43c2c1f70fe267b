package integration_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/stack"
)

// preview runs `pulumi preview` with the deployed config, changed as told, and returns what it printed.
func preview(t *testing.T, change map[string]string, expectNoChanges bool) (string, error) {
	t.Helper()
	embedded(t)
	s := *deployment.stack
	var said bytes.Buffer
	s.Log = &said
	config := maps.Clone(deployment.config)
	maps.Copy(config, change)
	err := s.Preview(t.Context(), config, expectNoChanges)
	return said.String(), err
}

func TestPreviewAfterUpShowsNoChange(t *testing.T) {
	said, err := preview(t, nil, true)
	require.NoError(t, err, said)
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
		require.True(t, bytes.Equal(before, after), "%s is the same byte for byte", name)
	}
	said, err := preview(t, map[string]string{"packages": rebuilt}, true)
	require.NoError(t, err, said)
}

// TestBadConfigStopsPreviewAndSaysWhatToDo has a preview for each of those who look at the config: the CLI, the program,
// the components, and the provider. What is wrong at one of them is said all at once.
func TestBadConfigStopsPreviewAndSaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		change map[string]string
		says   []string
	}{
		"the program": {
			map[string]string{
				"pattern": "fanuot", "storeBatchSize": "11", "invoiceBatchSize": "0",
			},
			[]string{
				`config pattern: there is no pattern "fanuot"`, "fanout", "all", "config storeBatchSize: must be from 1 to 10, got 11",
				"config invoiceBatchSize: must be from 1 to 10, got 0",
			},
		},
		"the CLI":    {map[string]string{"storeBatchSize": "ten"}, []string{"storeBatchSize", "integer"}},
		"no pattern": {map[string]string{"pattern": ""}, []string{"config pattern: is required", "fanout"}},
		"a component": {
			map[string]string{"logRetentionDays": "8", "packages": t.TempDir()},
			[]string{"Api.LogRetentionDays", "7", "store-order.zip", "make build"},
		},
		"the provider": {map[string]string{"aws:region": "eu-west-1"}, []string{"eu-west-1", "us-east-1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			said, err := preview(t, tt.change, false)
			var failed *stack.Error
			require.ErrorAs(t, err, &failed, said)
			for _, text := range tt.says {
				require.Contains(t, said, text)
			}
		})
	}
}
