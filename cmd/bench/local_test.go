package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

// deployment is a stack on an embedded cloud.
type deployment struct {
	stack   localstack.Stack
	cloud   localstack.Cloud
	outputs map[string]rounds.Outputs // by pattern
}

// newDeployment returns one that is removed at the end of the benchmark.
func newDeployment(b *testing.B) *deployment {
	b.Helper()
	d := &deployment{stack: localstack.Stack{Home: b.TempDir()}}
	b.Cleanup(func() {
		if _, err := d.local(context.Background(), "down"); err != nil {
			b.Error(err)
		}
	})
	return d
}

// local runs the command that `make up` and `make down` run, and returns how long it took.
func (d *deployment) local(ctx context.Context, args ...string) (time.Duration, error) {
	project, err := localstack.Project()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(project, ".tools", "bin", "local"), append(args, "--home", d.stack.Home)...)
	cmd.Dir = project
	began := time.Now()
	if printed, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("local %s: %w: %s", strings.Join(args, " "), err, printed)
	}
	return time.Since(began), nil
}

// up deploys patterns, with values for the stack's config like key=value.
func (d *deployment) up(b *testing.B, patterns string, config ...string) {
	b.Helper()
	args := []string{"up", "--pattern", patterns}
	for _, value := range config {
		args = append(args, "--config", value)
	}
	_, err := d.local(ctx, args...)
	require.NoError(b, err)
	d.cloud, err = d.stack.Cloud()
	require.NoError(b, err)
	require.NoError(b, d.stack.Outputs(&d.outputs))
}

// BenchmarkDeploying measures how long the deployment of all patterns takes, with everything built.
func BenchmarkDeploying(b *testing.B) {
	d := newDeployment(b)
	section("Deploying", "All patterns, with everything built.", "command", "time")
	for _, c := range []struct{ name, text string }{
		{"up", "`local up`: starts the embedded cloud, and deploys to it"},
		{"up", "`local up` with nothing to change"},
		{"preview", "`local preview`"},
	} {
		took, err := d.local(ctx, c.name, "--pattern", "all")
		require.NoError(b, err)
		row(c.text, fmt.Sprintf("%.1f s", took.Seconds()))
	}
}
