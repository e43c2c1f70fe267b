package provider

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Options are the options of a provider.
type Options struct {
	// Version is the version of the package, without a v.
	Version string
	// Zips has a folder for each architecture, arm64 and x86_64, with the zips of the built-in functions. On a system other than Linux it
	// also has the folder host, with the zips for the system itself. A component that needs a missing zip is refused.
	Zips fs.FS
}

// Main serves the package to the Pulumi engine that started this process. It returns when the engine stops it.
func Main(options Options) error {
	schema, err := Schema(options.Version)
	if err != nil {
		return err
	}
	return sdk.Main(Name, func(host *sdk.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return &server{host: host, version: options.Version, schema: schema, zips: zips{FS: options.Zips}}, nil
	})
}

type server struct {
	pulumirpc.UnimplementedResourceProviderServer

	host    *sdk.HostClient // nil until the engine attaches
	version string
	schema  []byte
	zips    zips
}

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.version}, nil
}

func (s *server) GetSchema(_ context.Context, r *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	if r.GetVersion() != 0 {
		return nil, status.Errorf(codes.InvalidArgument, "there is no version %d of schemas", r.GetVersion())
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(s.schema)}, nil
}

// CheckConfig validates the config of the package.
func (s *server) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	failures := checkConfig(r.GetNews().AsMap())
	return &pulumirpc.CheckResponse{Inputs: r.GetNews(), Failures: failures}, nil
}

func checkConfig(config map[string]any) (failures []*pulumirpc.CheckFailure) {
	for name, value := range config {
		reason := ""
		switch {
		case name == "version" || name == "pluginDownloadURL": // of the plugin
		case name != platform:
			reason = "there is no such config value, only " + platform
		case value != platformAWS && value != platformHost:
			reason = fmt.Sprintf("must be %s or %s, got %v", platformAWS, platformHost, value)
		}
		if reason != "" {
			failures = append(failures, &pulumirpc.CheckFailure{Property: name, Reason: reason})
		}
	}
	return failures
}

// DiffConfig reports no difference. No resource belongs to the provider, so none must be replaced when it changes.
func (s *server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (s *server) Configure(_ context.Context, r *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	s.zips.host = r.GetArgs().AsMap()[platform] == platformHost
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true, AcceptOutputs: true}, nil
}

// Construct creates a component. It first refuses inputs of a wrong type, and reports all of them.
func (s *server) Construct(ctx context.Context, r *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	c, ok := all[r.GetType()]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "there is no component %s", r.GetType())
	}
	inputs, err := plugin.UnmarshalProperties(r.GetInputs(), plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", r.GetName(), err)
	}
	if err := checkInputs(inputs, c.args); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "%s %q: %v", r.GetType(), r.GetName(), err)
	}
	return sdk.Construct(ctx, r, s.host.EngineConn(), func(ctx *pulumi.Context, _, name string, inputs sdk.ConstructInputs, opts pulumi.ResourceOption) (*sdk.ConstructResult, error) {
		return c.construct(ctx, name, inputs, s.zips, opts)
	})
}

// Attach connects an engine to a provider that is already running.
func (s *server) Attach(_ context.Context, r *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := sdk.NewHostClient(r.GetAddress())
	s.host = host
	return &emptypb.Empty{}, err
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
