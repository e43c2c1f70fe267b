package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Handshake returns what this provider can do. Secrets arrive as plain values: the engine keeps
// track of them. A project cannot configure automatic names.
func (s *Server) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{}, nil
}

// Attach is called once the engine has connected.
func (s *Server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// version is that of the AWS provider whose resource types these are.
const version = "6.83.2"

// GetPluginInfo returns the version.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// CheckConfig refuses a Region other than that of the embedded cloud, and settings that it does not have. Settings that
// skip a check of the AWS provider are accepted, because those checks do not exist here.
func (s *Server) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := unmarshal(r.GetNews())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.CheckResponse{Inputs: r.GetNews()}
	for _, key := range news.StableKeys() {
		name, v, reason := string(key), news[key], ""
		switch {
		case name == "region" && v.IsString() && v.StringValue() != s.region:
			reason = fmt.Sprintf("the embedded cloud is in %s only, got %q", s.region, v.StringValue())
		case name != "region" && name != "version" && !strings.HasPrefix(name, "skip") && !resource.IsInternalPropertyKey(key):
			reason = fmt.Sprintf("the embedded cloud does not support the provider's setting %s", name)
		}
		if reason != "" {
			resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Property: name, Reason: reason})
		}
	}
	return resp, nil
}

// DiffConfig never replaces the provider: its configuration is only the Region.
func (s *Server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure answers an engine that did not call Handshake.
func (s *Server) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// GetSchema returns which resource types there are and which properties they have, each of any type. The language host of Pulumi YAML
// asks for it. Check validates the types of values.
//
// See https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
func (s *Server) GetSchema(_ context.Context, _ *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	type properties map[resource.PropertyKey]map[string]string
	anything := map[string]string{"$ref": "pulumi.json#/Any"}
	resources := map[string]map[string]properties{}
	for token, kind := range s.kinds {
		inputs, all := properties{}, properties{}
		for key, p := range kind.properties() {
			if all[key] = anything; !p.output {
				inputs[key] = anything
			}
			if key == "tags" {
				all["tagsAll"] = anything
			}
		}
		resources[token] = map[string]properties{"inputProperties": inputs, "properties": all}
	}
	text, err := json.Marshal(map[string]any{"name": "aws", "version": version, "resources": resources})
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, err
}
