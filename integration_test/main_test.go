// Package integration_test tests a deployed stack from outside, through HTTP and the AWS SDK. The stack's outputs name
// what it tests.
//
// By default the tests start an embedded cloud, deploy a stack to it, and remove both at the end. STACK=name runs them
// against that stack instead, wherever it is deployed, with the surrounding AWS and Pulumi settings. Tests that need the
// controls of the embedded cloud are then skipped.
package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/oidc"
	"github.com/order-patterns/order-patterns/local/stack"
)

// deployment is what the tests run against.
var deployment environment

type environment struct {
	outputs outputs
	// The other fields are set only on an embedded cloud.
	cloud *local.Cloud
	clock *clock
	stack *stack.Stack
	// uses returns the entries of policies that have allowed something since the cloud started.
	uses func() map[account.Use]bool
	// config is the stack's config.
	config map[string]string
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Faults and jumps of the clock affect all tests that run. See runAfterOthers.
	if err := flag.Set("test.parallel", "1"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx := context.Background()
	deploy := func(ctx context.Context) (func() error, error) {
		return deployEmbedded(ctx, project, map[string]string{
			"pattern": "all",
			"shards":  "4",
			// The checker's API needs a key, with a quota that the tests do not use up.
			"requireApiKey": "true", "clientQuota": "1000000", "clientQuotaPeriod": "DAY",
		})
	}
	if name := os.Getenv("STACK"); name != "" {
		deploy = func(ctx context.Context) (func() error, error) { return nothing, findStack(ctx, name) }
	}
	remove, err := deploy(ctx)
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration_test: deploying:", err)
	} else {
		code = m.Run()
	}
	if err := remove(); err != nil {
		fmt.Fprintln(os.Stderr, "integration_test: removing the stack:", err)
		return 1
	}
	return code
}

func nothing() error { return nil }

// project is the folder of Pulumi.yaml.
const project = ".."

// findStack reads the outputs of a stack that is already deployed.
func findStack(ctx context.Context, name string) error {
	cmd := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--non-interactive", "--stack", name)
	cmd.Dir, cmd.Stderr = project, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("reading the outputs of stack %q: %w", name, err)
	}
	return json.Unmarshal(text, &deployment.outputs)
}

// deployApart gives a test a cloud and a stack of its own, with this config. It is for tests that advance the clock by
// days, or need another config.
func deployApart(t *testing.T, config map[string]string) {
	t.Helper()
	deployProject(t, project, config)
}

// deployProject is deployApart for another Pulumi program, in the folder of its Pulumi.yaml.
func deployProject(t *testing.T, folder string, config map[string]string) {
	t.Helper()
	embedded(t)
	shared := deployment
	remove, err := deployEmbedded(t.Context(), folder, config)
	t.Cleanup(func() {
		require.NoError(t, remove())
		deployment = shared
		require.NoError(t, connect())
	})
	require.NoError(t, err)
}

// deployEmbedded starts a cloud in this process and deploys a stack of a project with this config to it.
func deployEmbedded(ctx context.Context, folder string, config map[string]string) (remove func() error, err error) {
	home, err := os.MkdirTemp("", "order-patterns-")
	if err != nil {
		return nothing, err
	}
	remove = func() error { return os.RemoveAll(home) }
	root, err := filepath.Abs(folder)
	if err != nil {
		return remove, err
	}
	cloudLog, err := os.Create(filepath.Join(home, "cloud.log"))
	if err != nil {
		return remove, err
	}
	d := &deployment
	*d = environment{config: config}
	d.clock = startClock()
	d.cloud, err = local.Start(local.Options{
		Clock: d.clock, Dir: filepath.Join(home, "functions"), Log: slog.New(slog.NewJSONHandler(cloudLog, nil)),
	})
	if err != nil {
		return remove, err
	}
	if config["auth"] == "jwt" {
		d.config = maps.Clone(config)
		d.config["jwtIssuer"], d.config["jwtAudience"] = d.cloud.OIDC.URL(), oidc.Audience
	}
	d.uses, _ = d.cloud.Account.RecordUses()
	d.stack = &stack.Stack{Project: root, Home: home, ProviderPort: d.cloud.ProviderPort, Log: os.Stderr}
	remove = func() error {
		return errors.Join(d.stack.Destroy(context.Background()), d.cloud.Close(), d.clock.stop(), cloudLog.Close(), os.RemoveAll(home))
	}
	if err := connect(); err != nil {
		return remove, err
	}
	return remove, up(ctx)
}

// up deploys the stack of the deployment with its config, and reads its outputs.
func up(ctx context.Context) error {
	d := &deployment
	if err := d.stack.Up(ctx, d.config); err != nil {
		return err
	}
	text, err := d.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	d.outputs = outputs{} // decoding would add to maps
	return json.Unmarshal(text, &d.outputs)
}

// connect sets the surrounding AWS settings to the cloud of the deployment.
func connect() error {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": deployment.cloud.Endpoint, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": deployment.cloud.Admin.AccessKeyID, "AWS_SECRET_ACCESS_KEY": deployment.cloud.Admin.SecretAccessKey,
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	loadConfig = sync.OnceValues(readConfig)
	return nil
}
