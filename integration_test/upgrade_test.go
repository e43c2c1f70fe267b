package integration_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/stack"
)

// TestUpgradeReplacesNothing previews the program on states that earlier versions of it deployed: all patterns, exported
// with `pulumi stack export`. An upgrade must keep tables, buckets, queues and streams, so no step may replace or
// delete. A resource may be new, and a log group may keep an old name. A deployment of an API is replaced with its document:
// it is a snapshot, and holds nothing.
func TestUpgradeReplacesNothing(t *testing.T) {
	embedded(t)
	states, err := filepath.Glob(filepath.Join("testdata", "state-*.json.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, states)
	for _, state := range states {
		t.Run(filepath.Base(state), func(t *testing.T) {
			s := *deployment.stack
			s.Home = t.TempDir()
			var log bytes.Buffer
			s.Log = &log
			file := filepath.Join(s.Home, "state.json")
			require.NoError(t, os.WriteFile(file, unzip(t, state), 0o600))
			require.NoError(t, s.CLI(t.Context(), &log, "stack", "import", "--file", file, "--stack", stack.Name), log.String())
			steps := plan(t, &s, map[string]string{"pattern": "all"})
			require.Greater(t, len(steps), 200, "the plan covers all patterns")
			for _, step := range steps {
				if strings.Contains(step.URN, "aws:apigateway/deployment:Deployment::") {
					continue
				}
				require.Contains(t, []string{"same", "update", "create"}, step.Op, step.URN)
			}
		})
	}
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return text
}
