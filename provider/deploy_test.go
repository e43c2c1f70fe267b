package provider_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/stack"
)

// deployment is a program that is deployed to an embedded cloud of its own.
type deployment struct {
	*stack.Stack
	cloud *local.Cloud
}

// program prepares the deployment of a program of testdata. The test's end destroys it.
func program(t *testing.T, name string) deployment {
	t.Helper()
	tools, err := filepath.Abs("../.tools/bin")
	require.NoError(t, err)
	for _, tool := range []string{"pulumi-resource-order-patterns", "pulumi-language-yaml"} {
		require.FileExists(t, filepath.Join(tools, tool), "run `make cli yaml plugin`")
	}
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // where the plugin extracts zips

	project, home := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(project, os.DirFS(filepath.Join("testdata", name))))
	config, err := os.ReadFile("testdata/Pulumi.local.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.local.yaml"), config, 0o600))

	cloud, err := local.Start(local.Options{
		Clock: clockwork.NewRealClock(), Dir: filepath.Join(home, "functions"), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	d := deployment{&stack.Stack{Project: project, Home: home, ProviderPort: cloud.ProviderPort, Log: t.Output()}, cloud}
	t.Cleanup(func() {
		require.NoError(t, d.Destroy(context.Background()))
		require.NoError(t, cloud.Close())
	})
	return d
}

// up deploys, and returns the stack's outputs.
func (d deployment) up(t *testing.T) map[string]any {
	t.Helper()
	require.NoError(t, d.Up(t.Context(), nil))
	text, err := d.Outputs(t.Context())
	require.NoError(t, err)
	var outputs map[string]any
	require.NoError(t, json.Unmarshal(text, &outputs))
	return outputs
}

func TestFanOutInYAML(t *testing.T) {
	d := program(t, "fanout")
	outputs := d.up(t)
	t.Log(outputs)
}
