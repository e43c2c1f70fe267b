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
	"path/filepath"
	"strings"

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
	return withReasons(c.stack.Up(ctx, c.config))
}

// withReasons keeps of what a failed update printed the diagnostics. Its steps, which may be hundreds, are in the log.
func withReasons(err error) error {
	failed, ok := errors.AsType[*stack.Error](err)
	if !ok {
		return err
	}
	_, reasons, found := strings.Cut(failed.Output, "\nDiagnostics:\n")
	if !found {
		return err
	}
	reasons, _, _ = strings.Cut(reasons, "\nResources:\n")
	return fmt.Errorf("pulumi %s: %w\n%s", failed.Args[0], failed.Err, strings.TrimRight(reasons, "\n"))
}

// Preview returns what Deploy would do. Something must have been deployed.
func (c *Cloud) Preview(ctx context.Context, project string) ([]Step, error) {
	c.use(project)
	var text bytes.Buffer
	failed := c.stack.CLI(ctx, &text, c.stack.WithConfig([]string{"preview", "--json"}, c.config)...)
	var plan struct {
		Steps       []Step `json:"steps"`
		Diagnostics []struct {
			Message  string `json:"message"`
			Severity string `json:"severity"`
		} `json:"diagnostics"`
	}
	// A preview that fails has JSON too, with the reasons, unless it failed before it began.
	err := json.Unmarshal(text.Bytes(), &plan)
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
	var out bytes.Buffer
	err := c.stack.CLI(ctx, &out, "stack", "export", "--show-secrets", "--stack", stack.Name)
	return out.Bytes(), err
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
