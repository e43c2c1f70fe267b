// Package deployment deploys versions of the program, one after the other, to one embedded cloud, and returns what Pulumi says about
// the step from the one to the other.
package deployment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/stack"
)

// Cloud is an embedded cloud with a stack, in this process.
type Cloud struct {
	*local.Cloud
	home   string
	log    io.Writer
	config map[string]string
	kill   <-chan struct{}
	stack  *stack.Stack // as it was deployed last
}

// Start starts an empty cloud that keeps its files in home. config overrides the stack's config in Pulumi.local.yaml.
func Start(home string, config map[string]string, log io.Writer, kill <-chan struct{}) (*Cloud, error) {
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for the embedded cloud: %w", err)
	}
	cloud, err := local.Start(local.Options{
		Clock: clockwork.NewRealClock(), Dir: filepath.Join(home, "functions"), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return &Cloud{Cloud: cloud, home: home, log: log, config: config, kill: kill}, nil
}

// Deploy updates the stack to the program in a folder.
func (c *Cloud) Deploy(ctx context.Context, project string) error {
	c.use(project)
	return c.stack.Up(ctx, c.config)
}

// Preview returns what Deploy would do. Something must have been deployed.
func (c *Cloud) Preview(ctx context.Context, project string) ([]Step, error) {
	c.use(project)
	// The config of this version, which Deploy copies too.
	config, err := os.ReadFile(filepath.Join(project, "Pulumi."+stack.Name+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the stack's config: %w", err)
	}
	if err := os.WriteFile(c.stack.ConfigFile(), config, 0o600); err != nil {
		return nil, fmt.Errorf("copying the stack's config: %w", err)
	}
	args := []string{"preview", "--json", "--config-file", c.stack.ConfigFile()}
	for key, value := range c.config {
		args = append(args, "--config", key+"="+value)
	}
	text, failed := c.pulumi(ctx, args...)
	var plan struct {
		Steps       []Step `json:"steps"`
		Diagnostics []struct {
			Message  string `json:"message"`
			Severity string `json:"severity"`
		} `json:"diagnostics"`
	}
	// A preview that fails has JSON too, with the reasons, unless it failed before it began.
	err = json.Unmarshal(text, &plan)
	if failed == nil && err != nil {
		return nil, fmt.Errorf("reading the preview: %w", err)
	}
	if failed == nil {
		return plan.Steps, nil
	}
	var reasons []string
	for _, d := range plan.Diagnostics {
		if d.Severity == "error" {
			reasons = append(reasons, strings.TrimSpace(d.Message))
		}
	}
	if ctx.Err() != nil || len(reasons) == 0 {
		return nil, failed
	}
	return nil, fmt.Errorf("pulumi preview:\n%s", strings.Join(reasons, "\n"))
}

// Step is what an update would do to one resource. The format is that of `pulumi preview --json`, type previewStep of
// https://github.com/pulumi/pulumi/blob/v3.220.0/pkg/display/json.go
type Step struct {
	// Op is create, update, replace, delete, or a part of a replacement, such as create-replacement.
	Op  string `json:"op"`
	URN string `json:"urn"`
	// OldState has another URN than the step if the program gives the resource an alias.
	OldState *apitype.ResourceV3 `json:"oldState"`
	// ReplaceReasons are the properties whose change the provider cannot make in place.
	ReplaceReasons []string `json:"replaceReasons"`
}

// Outputs returns the stack's outputs as JSON, with secrets in plain text.
func (c *Cloud) Outputs(ctx context.Context) ([]byte, error) { return c.stack.Outputs(ctx) }

// Export returns the stack's state as JSON, with secrets in plain text. They are those of an embedded cloud.
func (c *Cloud) Export(ctx context.Context) ([]byte, error) {
	return c.pulumi(ctx, "stack", "export", "--show-secrets")
}

// State returns the resources in Export.
func (c *Cloud) State(ctx context.Context) ([]apitype.ResourceV3, error) {
	text, err := c.Export(ctx)
	if err != nil {
		return nil, err
	}
	var export struct {
		Deployment apitype.DeploymentV3 `json:"deployment"`
	}
	if err := json.Unmarshal(text, &export); err != nil {
		return nil, fmt.Errorf("reading the stack's state: %w", err)
	}
	return export.Deployment.Resources, nil
}

func (c *Cloud) use(project string) {
	c.stack = &stack.Stack{Project: project, Home: c.home, ProviderPort: c.ProviderPort, Log: c.log, Kill: c.kill}
}

// pulumi runs the CLI on the stack, and returns what it prints, also if it fails.
func (c *Cloud) pulumi(ctx context.Context, args ...string) ([]byte, error) {
	cli, err := exec.LookPath("pulumi")
	if err != nil {
		cli = filepath.Join(c.stack.Project, ".tools", "bin", "pulumi")
	}
	cmd := exec.CommandContext(ctx, cli, append(args, "--stack", stack.Name, "--non-interactive", "--color", "never")...)
	cmd.Dir = c.stack.Project
	// As package stack does: the terminal's Ctrl-C does not reach the CLI, and the context interrupts it once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(slices.Clone(os.Environ()), c.stack.Environment()...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("pulumi %s: %w: %s", args[0], errors.Join(ctx.Err(), err), errs.String())
	}
	return out, nil
}
