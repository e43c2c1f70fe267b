package console_test

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/aws/aws-sdk-go-v2/config" // testdata/function needs it, which go mod tidy does not see
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// world is a cloud with its page, in which a program is deployed.
type world struct {
	*localtest.Cloud
	console     *console.Console
	base, token string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	cloud := localtest.Start(t)
	c, err := console.Start(console.Options{Cloud: cloud.Cloud, Meter: charges, Settings: console.Settings{
		Record: console.Record{Name: "order", ID: "id", Search: []string{"account"}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	base, token, _ := strings.Cut(c.URL(), "/#token=")
	return &world{Cloud: cloud, console: c, base: base, token: token}
}

// deployed is a resource.
type deployed struct {
	urn, id string
	outputs map[string]any
}

func (d deployed) arn() string { return d.outputs["arn"].(string) }

// deploy creates a resource of a component of the type test:index:Component.
func (w *world) deploy(t testing.TB, kind, name string, inputs map[string]any) deployed {
	t.Helper()
	urn := "urn:pulumi:test::project::test:index:Component$" + kind + "::" + name
	news, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(inputs), plugin.MarshalOptions{})
	require.NoError(t, err)
	checked, err := w.Provider.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn, Name: name, News: news, RandomSeed: []byte(urn + strings.Repeat(" ", 32))})
	require.NoError(t, err)
	require.Empty(t, checked.GetFailures())
	out, err := w.Provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs()})
	require.NoError(t, err)
	return deployed{urn, out.GetId(), out.GetProperties().AsMap()}
}

// role deploys a role with a policy of statements, each a list of a resource and its actions.
func (w *world) role(t testing.TB, name, service string, allowed ...[]string) deployed {
	t.Helper()
	role := w.deploy(t, "aws:iam/role:Role", name, map[string]any{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	statements := []any{map[string]any{"Effect": "Allow", "Action": []string{"logs:CreateLogStream", "logs:PutLogEvents"}, "Resource": "*"}}
	for _, a := range allowed {
		statements = append(statements, map[string]any{"Effect": "Allow", "Action": a[1:], "Resource": a[0]})
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	require.NoError(t, err)
	w.deploy(t, "aws:iam/rolePolicy:RolePolicy", name, map[string]any{"role": role.outputs["name"], "policy": string(text)})
	return role
}

// function deploys a function whose role allows what is given.
func (w *world) function(t testing.TB, name string, variables map[string]any, allowed ...[]string) deployed {
	t.Helper()
	code, err := packaged()
	require.NoError(t, err)
	logs := w.deploy(t, "aws:cloudwatch/logGroup:LogGroup", name+"-logs", nil)
	return w.deploy(t, "aws:lambda/function:Function", name, map[string]any{
		"loggingConfig": map[string]any{"logFormat": "JSON", "logGroup": logs.outputs["name"]},
		"role":          w.role(t, name+"-role", "lambda", allowed...).arn(), "code": code, "runtime": "provided.al2023", "handler": "bootstrap", "description": "Does " + name,
		"architectures": []any{map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]}, "environment": map[string]any{"variables": variables},
	})
}

var dir string // of all tests

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "console"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// packaged builds testdata/function and zips it, once for all tests.
var packaged = sync.OnceValues(func() (*archive.Archive, error) {
	build := exec.Command("go", "test", "-c", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.New(string(out))
	}
	program, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	if err != nil {
		return nil, err
	}
	file, err := os.Create(filepath.Join(dir, "code.zip"))
	if err != nil {
		return nil, err
	}
	z := zip.NewWriter(file)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	to, err := z.CreateHeader(h)
	if err != nil {
		return nil, err
	}
	_, err = to.Write(program)
	if err := errors.Join(err, z.Close(), file.Close()); err != nil {
		return nil, err
	}
	return archive.FromPath(file.Name())
})

// get reads JSON of the console.
func get[T any](t testing.TB, w *world, path string) (out T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+path, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
	return out
}

// page is a page that is connected to /api/live.
type page struct {
	live chan console.Live
	maps chan struct{}
	stop func()
}

func (w *world) open(t testing.TB) *page {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+"/api/live", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	p := &page{make(chan console.Live, 100), make(chan struct{}, 100), stop}
	t.Cleanup(stop)
	go func() {
		defer resp.Body.Close()
		event := ""
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "event":
				event = value
			case name == "data" && event == "map":
				p.maps <- struct{}{}
			case name == "data":
				var l console.Live
				if err := json.Unmarshal([]byte(value), &l); err != nil {
					panic(err)
				}
				p.live <- l
			}
		}
	}()
	return p
}

// until returns the first sample for which a condition holds.
func (p *page) until(t testing.TB, what string, holds func(console.Live) bool) console.Live {
	t.Helper()
	limit := time.After(20 * time.Second)
	var last console.Live
	for {
		select {
		case last = <-p.live:
			if holds(last) {
				return last
			}
		case <-limit:
			text, _ := json.MarshalIndent(last, "", " ")
			t.Fatalf("%s: the last sample was %s", what, text)
		}
	}
}

// remove deletes a resource.
func (w *world) remove(t testing.TB, d deployed) {
	t.Helper()
	_, err := w.Provider.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: d.urn, Id: d.id})
	require.NoError(t, err)
}
