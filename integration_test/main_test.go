// Package integration_test tests a deployed stack from outside, through HTTP and the AWS SDK, by what the stack's
// outputs name.
//
// By default the tests start an embedded cloud and a stack of their own, and remove both. With STACK=name they run
// against that stack, wherever it is deployed, with the surrounding AWS and Pulumi settings; what needs the embedded
// cloud's controls is skipped then.
package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/stack"
)

// deployment is what the tests run against.
var deployment struct {
	outputs outputs
	// The rest is there only on an embedded cloud.
	cloud *local.Cloud
	clock *clock
	stack *stack.Stack
	// up is the config that the stack was deployed with.
	config map[string]string
}

// outputs are the stack's, by pattern.
type outputs struct {
	FanOut       *fanOutOutputs       `json:"fanout"`
	Orchestrator *orchestratorOutputs `json:"orchestrator"`
	EventStream  *eventStreamOutputs  `json:"eventstream"`
	Checker      *checkerOutputs      `json:"checker"`
}

type fanOutOutputs struct {
	URL                   string              `json:"url"`
	TopicARN              string              `json:"topicArn"`
	TableName             string              `json:"tableName"`
	BucketName            string              `json:"bucketName"`
	StoreQueueURL         string              `json:"storeQueueUrl"`
	StoreDeadLettersURL   string              `json:"storeDeadLettersUrl"`
	InvoiceQueueURL       string              `json:"invoiceQueueUrl"`
	InvoiceDeadLettersURL string              `json:"invoiceDeadLettersUrl"`
	AccessLogGroup        string              `json:"accessLogGroup"`
	Functions             map[string]function `json:"functions"`
}

type orchestratorOutputs struct {
	URL             string              `json:"url"`
	StateMachineARN string              `json:"stateMachineArn"`
	ExecutionLogs   string              `json:"executionLogs"`
	MachineRoleName string              `json:"machineRoleName"`
	TopicARN        string              `json:"topicArn"`
	TableName       string              `json:"tableName"`
	BucketName      string              `json:"bucketName"`
	AccessLogGroup  string              `json:"accessLogGroup"`
	APIRoleNames    []string            `json:"apiRoleNames"`
	Functions       map[string]function `json:"functions"`
}

type eventStreamOutputs struct {
	URL                string              `json:"url"`
	StreamName         string              `json:"streamName"`
	StreamARN          string              `json:"streamArn"`
	TableName          string              `json:"tableName"`
	BucketName         string              `json:"bucketName"`
	ProjectFailuresURL string              `json:"projectFailuresUrl"`
	InvoiceFailuresURL string              `json:"invoiceFailuresUrl"`
	Functions          map[string]function `json:"functions"`
}

type checkerOutputs struct {
	URL                   string              `json:"url"`
	APIKey                string              `json:"apiKey"`
	TopicARN              string              `json:"topicArn"`
	OrdersTableName       string              `json:"ordersTableName"`
	AccountsTableName     string              `json:"accountsTableName"`
	StockTableName        string              `json:"stockTableName"`
	BalanceQueueURL       string              `json:"balanceQueueUrl"`
	BalanceDeadLettersURL string              `json:"balanceDeadLettersUrl"`
	StockQueueURL         string              `json:"stockQueueUrl"`
	StockDeadLettersURL   string              `json:"stockDeadLettersUrl"`
	UpdateQueueURL        string              `json:"updateQueueUrl"`
	UpdateDeadLettersURL  string              `json:"updateDeadLettersUrl"`
	ShipFailuresURL       string              `json:"shipFailuresUrl"`
	Functions             map[string]function `json:"functions"`
}

func (c *checkerOutputs) queues() []string {
	return []string{c.BalanceQueueURL, c.StockQueueURL, c.UpdateQueueURL}
}

func (c *checkerOutputs) failures() []string {
	return []string{c.BalanceDeadLettersURL, c.StockDeadLettersURL, c.UpdateDeadLettersURL, c.ShipFailuresURL}
}

type function struct {
	Name     string `json:"name"`
	LogGroup string `json:"logGroup"`
	RoleName string `json:"roleName"`
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx := context.Background()
	deploy := deployEmbedded
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

const project = ".."

// findStack reads the outputs of a stack that somebody deployed.
func findStack(ctx context.Context, name string) error {
	cmd := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--non-interactive", "--stack", name)
	cmd.Dir, cmd.Stderr = project, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("reading the outputs of stack %q: %w", name, err)
	}
	return json.Unmarshal(text, &deployment.outputs)
}

// deployEmbedded starts a cloud in this process and deploys every pattern to it.
func deployEmbedded(ctx context.Context) (remove func() error, err error) {
	home, err := os.MkdirTemp("", "order-patterns-")
	if err != nil {
		return nothing, err
	}
	remove = func() error { return os.RemoveAll(home) }
	root, err := filepath.Abs(project)
	if err != nil {
		return remove, err
	}
	cloudLog, err := os.Create(filepath.Join(home, "cloud.log"))
	if err != nil {
		return remove, err
	}
	d := &deployment
	d.clock = startClock()
	d.cloud, err = local.Start(local.Options{
		Clock: d.clock, Dir: filepath.Join(home, "functions"), Log: slog.New(slog.NewJSONHandler(cloudLog, nil)),
	})
	if err != nil {
		return remove, err
	}
	d.stack = &stack.Stack{Project: root, Home: home, ProviderPort: d.cloud.ProviderPort, Log: os.Stderr}
	remove = func() error {
		return errors.Join(d.stack.Destroy(ctx), d.cloud.Close(), d.clock.stop(), cloudLog.Close(), os.RemoveAll(home))
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": d.cloud.Endpoint, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": d.cloud.Admin.AccessKeyID, "AWS_SECRET_ACCESS_KEY": d.cloud.Admin.SecretAccessKey,
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			return remove, err
		}
	}
	d.config = map[string]string{
		"pattern": "all",
		// A record that fails for good is given up within a second, and not within minutes.
		"shards": "4", "readerRetryAttempts": "3",
	}
	if err := d.stack.Up(ctx, d.config); err != nil {
		return remove, err
	}
	text, err := d.stack.Outputs(ctx)
	if err != nil {
		return remove, err
	}
	return remove, json.Unmarshal(text, &d.outputs)
}

// embedded returns the embedded cloud, or skips a test that needs its controls.
func embedded(t *testing.T) *local.Cloud {
	t.Helper()
	if deployment.cloud == nil {
		t.Skip("needs the controls of an embedded cloud")
	}
	return deployment.cloud
}

func fanOut(t *testing.T) *fanOutOutputs {
	t.Helper()
	return deployed(t, "fanout", deployment.outputs.FanOut)
}

func orchestrator(t *testing.T) *orchestratorOutputs {
	t.Helper()
	return deployed(t, "orchestrator", deployment.outputs.Orchestrator)
}

func eventStream(t *testing.T) *eventStreamOutputs {
	t.Helper()
	return deployed(t, "eventstream", deployment.outputs.EventStream)
}

func checkerStack(t *testing.T) *checkerOutputs {
	t.Helper()
	return deployed(t, "checker", deployment.outputs.Checker)
}

// deployed returns a pattern's outputs, or skips a test of a pattern that is not deployed.
func deployed[O any](t *testing.T, pattern string, outputs *O) *O {
	t.Helper()
	if outputs == nil {
		t.Skip(pattern + " is not deployed")
	}
	return outputs
}
