package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	_ "github.com/aws/aws-sdk-go-v2/config" // testdata/bootstrap needs it, which go mod tidy does not see
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

var (
	program    []byte // the bootstrap that all tests deploy
	programZip provider.Archive
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambda")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "test", "-c", "-tags=lambda.norpc", "-o", path, "./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	if program, err = os.ReadFile(path); err != nil {
		panic(err)
	}
	if programZip, err = writeZip(filepath.Join(dir, "code.zip"), map[string][]byte{"bootstrap": program}, 0o755); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// cloud is Lambda and the services that it works with, behind an endpoint.
type cloud struct {
	t       testing.TB
	account *account.Account
	iam     *iam.Service
	logs    *logs.Service
	xray    *xray.Service
	sqs     *sqs.Service
	kinesis *kinesis.Service
	lambda  *Service
	sdk     *sdk.Client
	admin   iam.Credentials
	zip     provider.Archive
	log     *lockedBuffer
}

// lockedBuffer is what the account has logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newCloud(t testing.TB) *cloud { return newCloudAt(t, clockwork.NewRealClock()) }

func newCloudAt(t testing.TB, clock clockwork.Clock) *cloud {
	t.Helper()
	log := &lockedBuffer{}
	a := account.New(clock, slog.New(slog.NewJSONHandler(log, nil)))
	c := &cloud{t: t, log: log, zip: programZip, account: a, iam: iam.New(a), logs: logs.New(a), xray: xray.New(a), sqs: sqs.New(a), kinesis: kinesis.New(a)}
	var err error
	c.lambda, err = New(a, Dependencies{Roles: c.iam, Logs: c.logs, Traces: c.xray, Queues: c.sqs, Streams: c.kinesis, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.lambda.Close()) })

	server := httptest.NewServer(wire.NewServer(a, c.iam, c.lambda, c.sqs, c.kinesis, c.logs, c.xray))
	t.Cleanup(server.Close)
	a.SetEndpoint(server.URL)
	c.admin = c.iam.AddAdministrator("test")
	c.sdk = sdk.NewFromConfig(cloudtest.Config(c.admin, server.URL))
	return c
}

func zipOf(t testing.TB, files map[string][]byte, mode fs.FileMode) provider.Archive {
	t.Helper()
	a, err := writeZip(filepath.Join(t.TempDir(), "code.zip"), files, mode)
	require.NoError(t, err)
	return a
}

func writeZip(path string, files map[string][]byte, mode fs.FileMode) (provider.Archive, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Store}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(z.Close(), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		return nil, err
	}
	return archive.FromPath(path)
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// allow is a policy that allows actions on everything.
func allow(actions ...string) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"},
	}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// role makes an execution role that may do the actions, and log.
func (c *cloud) role(name string, actions ...string) string {
	c.t.Helper()
	arn := roleKind(c.t, c.iam, name, trust)
	c.grant(name, append(actions, "logs:CreateLogStream", "logs:PutLogEvents")...)
	return arn
}

func (c *cloud) grant(role string, actions ...string) {
	c.t.Helper()
	create(c.t, c.iam, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "p", "role": role, "policy": allow(actions...)})
}

// function deploys the test program, with a log group of its own.
func (c *cloud) function(name string, change func(*FunctionArgs)) *function {
	c.t.Helper()
	in := &FunctionArgs{
		Name: &name, Code: c.zip, Runtime: "provided.al2023", Handler: "bootstrap",
		Architectures: []string{hostArchitecture()}, Timeout: aws.Int(10),
	}
	if change != nil {
		change(in)
	}
	if in.Role == "" {
		in.Role = c.role(name + "-role")
	}
	f := &function{name: name}
	err := c.lambda.put(f, in)
	require.NoError(c.t, err)
	c.logGroup("/aws/lambda/" + name)
	return f
}

func (c *cloud) logGroup(name string) {
	c.t.Helper()
	create(c.t, c.logs, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": name})
}

// idleMapping is a mapping of the function f that does not run.
func (c *cloud) idleMapping(in MappingArgs) *mapping {
	args := in.withDefaults()
	src, err := newSource(&args)
	require.NoError(c.t, err)
	m := &mapping{s: c.lambda}
	m.settings.Store(&mappingSettings{args: &args, function: "f", source: src})
	return m
}

// reader reads a shard of the stream of such a mapping.
func (m *mapping) reader(shard string) *shardReader {
	return newShardReader(m.settings.Load().source.(*streamSource), m, shard, &place{})
}

// invoke calls a function with the SDK.
func (c *cloud) invoke(name, payload string) *sdk.InvokeOutput {
	c.t.Helper()
	out, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: &name, Payload: []byte(payload)})
	require.NoError(c.t, err)
	return out
}

func (c *cloud) cloudwatch() *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(cloudtest.Config(c.admin, c.account.Endpoint()))
}

// principal is the test's administrator, for calls within the process.
func (c *cloud) principal() policy.Principal {
	id, _ := c.iam.Lookup(c.admin.AccessKeyID)
	return id.Principal
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
