// Package tasks_test deploys an Orchestrator with tasks of one's own to an embedded cloud, and uses it from outside.
package tasks_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
	"github.com/order-patterns/order-patterns/local"
)

// engine stands in for the Pulumi engine: it creates what a program registers in an embedded cloud, by the provider of the cloud.
type engine struct{ cloud *local.Cloud }

var marshal = plugin.MarshalOptions{KeepUnknowns: true}

func (e engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if !args.Custom {
		return "", args.Inputs, nil
	}
	urn := "urn:pulumi:stack::project::" + args.TypeToken + "::" + args.Name
	news, err := plugin.MarshalProperties(args.Inputs, marshal)
	if err != nil {
		return "", nil, err
	}
	checked, err := e.cloud.Provider.Check(context.Background(), &pulumirpc.CheckRequest{Urn: urn, Name: args.Name, News: news, RandomSeed: []byte(uuid.NewString())})
	if err != nil {
		return "", nil, err
	}
	if failures := checked.GetFailures(); len(failures) > 0 {
		return "", nil, fmt.Errorf("%s is refused: %v", urn, failures)
	}
	created, err := e.cloud.Provider.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs()})
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", urn, err)
	}
	state, err := plugin.UnmarshalProperties(created.GetProperties(), marshal)
	return created.GetId(), state, err
}

func (e engine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	in, err := plugin.MarshalProperties(args.Args, marshal)
	if err != nil {
		return nil, err
	}
	out, err := e.cloud.Provider.Invoke(context.Background(), &pulumirpc.InvokeRequest{Tok: args.Token, Args: in})
	if err != nil {
		return nil, err
	}
	return plugin.UnmarshalProperties(out.GetReturn(), marshal)
}

// deploy deploys an Orchestrator named pictures, and returns its outputs.
func deploy(t *testing.T, args *components.OrchestratorArgs) (*local.Cloud, map[string]any) {
	t.Helper()
	cloud, err := local.Start(local.Options{Clock: clockwork.NewRealClock(), Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	outputs := map[string]any{}
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		o, err := components.NewOrchestrator(ctx, "pictures", args)
		if err != nil {
			return err
		}
		o.Outputs().ToMapOutput().ApplyT(func(m map[string]any) error {
			maps.Copy(outputs, m)
			return nil
		})
		return nil
	}, pulumi.WithMocks("project", "stack", engine{cloud})))
	return cloud, outputs
}

// zipped builds the function of the folder function for this machine, and returns its zip. Pulumi leaves out what a zip says about who
// may execute a file if it makes it of a folder, and Lambda does not start such a file.
func zipped(t *testing.T) (path, architecture string) {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "bootstrap"), "./function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	path = filepath.Join(folder, "function.zip")
	file, err := os.Create(path)
	require.NoError(t, err)
	z := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	require.NoError(t, err)
	executable, err := os.ReadFile(filepath.Join(folder, "bootstrap"))
	require.NoError(t, err)
	_, err = w.Write(executable)
	require.NoError(t, errors.Join(err, z.Close(), file.Close()))
	if runtime.GOARCH == "amd64" {
		return path, components.X8664
	}
	return path, components.ARM64
}
