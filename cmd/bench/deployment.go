package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// deployment is a stack of our own on an embedded cloud of our own, made as `make up` makes one.
type deployment struct {
	project, home string
	local         string // the command that `make` built
	pattern       string // what is deployed
	cloud         cloud
	outputs       outputs
}

// cloud is what `local serve` tells other commands.
type cloud struct {
	PID             int
	Endpoint        string
	AccessKeyID     string
	SecretAccessKey string
}

// outputs are those of the stack that the measuring needs.
type outputs struct {
	FanOut struct {
		URL                   string
		TableName             string
		BucketName            string
		StoreQueueURL         string
		StoreDeadLettersURL   string
		InvoiceQueueURL       string
		InvoiceDeadLettersURL string
	}
	Orchestrator struct {
		URL             string
		TableName       string
		BucketName      string
		StateMachineARN string
	}
	EventStream struct {
		URL                string
		StreamName         string
		TableName          string
		BucketName         string
		ProjectFailuresURL string
		InvoiceFailuresURL string
		Functions          functions
	}
	Checker struct {
		URL                   string
		APIKey                string
		OrdersTableName       string
		BalanceDeadLettersURL string
		StockDeadLettersURL   string
		UpdateDeadLettersURL  string
		ShipFailuresURL       string
		Functions             functions
	}
}

// functions are those of a pattern, by the names of their packages.
type functions map[string]struct{ LogGroup string }

func newDeployment(project, pattern string) (*deployment, error) {
	local := filepath.Join(project, ".tools", "bin", "local")
	if _, err := os.Stat(local); err != nil {
		return nil, fmt.Errorf("%w: type `make bench`, which builds it", err)
	}
	home, err := os.MkdirTemp("", "order-patterns-bench-")
	if err != nil {
		return nil, err
	}
	return &deployment{project: project, home: home, local: local, pattern: pattern}, nil
}

// command runs `local` and returns how long it took and what it printed.
func (d *deployment) command(ctx context.Context, args ...string) (time.Duration, string, error) {
	cmd := exec.CommandContext(ctx, d.local, append(args, "--home", d.home)...)
	var said strings.Builder
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.project, &said, &said
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, "", fmt.Errorf("local %s: %w\n%s", args[0], err, said.String())
	}
	return time.Since(begun), said.String(), nil
}

// up deploys, with values of the stack's config like key=value, and returns how long that took and what it printed.
func (d *deployment) up(ctx context.Context, config ...string) (time.Duration, string, error) {
	args := []string{"up", "--pattern", d.pattern}
	for _, value := range config {
		args = append(args, "--config", value)
	}
	took, said, err := d.command(ctx, args...)
	if err != nil {
		return 0, "", err
	}
	for file, v := range map[string]any{"cloud.json": &d.cloud, "outputs.json": &d.outputs} {
		text, err := os.ReadFile(filepath.Join(d.home, file))
		if err != nil {
			return 0, "", err
		}
		if err := json.Unmarshal(text, v); err != nil {
			return 0, "", fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return took, said, nil
}

// printTimes deploys, and tells how long that takes.
func (d *deployment) printTimes(ctx context.Context, out io.Writer) error {
	empty, _, err := d.up(ctx)
	if err != nil {
		return err
	}
	again, said, err := d.up(ctx)
	if err != nil {
		return err
	}
	if strings.Contains(said, "updated") || strings.Contains(said, "created") {
		return fmt.Errorf("the second deployment changed something:\n%s", said)
	}
	preview, _, err := d.command(ctx, "preview", "--pattern", d.pattern)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n## Deploying all patterns\n\nThe whole command, as `make` runs it, with everything built.\n\n| command | time |\n|---|---|\n")
	for _, r := range []struct {
		what string
		took time.Duration
	}{
		{"`local up`: starts the embedded cloud, and deploys to it", empty},
		{"`local up` with nothing to change", again},
		{"`local preview`", preview},
	} {
		fmt.Fprintf(out, "| %s | %.1f s |\n", r.what, r.took.Seconds())
	}
	return nil
}

// config is for SDK clients of the embedded cloud.
func (d *deployment) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &d.cloud.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(d.cloud.AccessKeyID, d.cloud.SecretAccessKey, ""),
	}
}

func (d *deployment) remove(ctx context.Context) error {
	_, _, err := d.command(ctx, "down")
	return errors.Join(err, os.RemoveAll(d.home))
}
