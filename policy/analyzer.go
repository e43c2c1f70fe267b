package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/order-patterns/order-patterns/policy/rules"
)

const (
	packName    = "order-patterns"
	packVersion = "1.0.0"
)

// analyzer implements the engine's analyzer protocol. Most rules are about relations: which alarm watches a queue, which function consumes
// it. So all of them run once, on the whole stack, at the end of a preview or an update.
//
// The server of Pulumi's package policyx runs rules on single resources only: its AnalyzeStack returns nothing, in SDK v3.256.0 as in
// v3.220.0. So the pack has its own server.
type analyzer struct {
	pulumirpc.UnimplementedAnalyzerServer

	config rules.Config
}

func newAnalyzer() *analyzer {
	return &analyzer{config: rules.Config{Settings: rules.DefaultSettings()}}
}

// Handshake reports that the pack is ready.
func (a *analyzer) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

// ConfigureStack accepts each stack. No rule depends on it.
func (a *analyzer) ConfigureStack(context.Context, *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	return &pulumirpc.AnalyzerStackConfigureResponse{}, nil
}

// GetPluginInfo returns the version of the pack.
func (a *analyzer) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: packVersion}, nil
}

// GetAnalyzerInfo returns the rules, and their settings.
func (a *analyzer) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	info := &pulumirpc.AnalyzerInfo{Name: packName, DisplayName: packName, Version: packVersion, SupportsConfig: true}
	for _, rule := range rules.All() {
		schema, err := configSchema(rule)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", rule.Name, err)
		}
		info.Policies = append(info.Policies, &pulumirpc.PolicyInfo{
			Name: rule.Name, Description: rule.Description, EnforcementLevel: levels[rule.Level], ConfigSchema: schema,
		})
	}
	return info, nil
}

// Configure applies the settings and levels in the file of --policy-pack-config. The engine has validated them with the schemas, and passes
// every rule.
func (a *analyzer) Configure(_ context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	config := rules.Config{Settings: rules.DefaultSettings(), Levels: map[string]rules.Level{}}
	for name, policy := range req.GetPolicyConfig() {
		for level, number := range levels {
			if number == policy.GetEnforcementLevel() {
				config.Levels[name] = level
			}
		}
		if policy.GetProperties() == nil {
			continue
		}
		data, err := policy.GetProperties().MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("configuration of %s: %w", name, err)
		}
		if err := config.Settings.Set(data); err != nil {
			return nil, fmt.Errorf("configuration of %s: %w", name, err)
		}
	}
	a.config = config
	return &emptypb.Empty{}, nil
}

// Analyze returns nothing for single resources.
func (a *analyzer) Analyze(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	return &pulumirpc.AnalyzeResponse{}, nil
}

// Remediate changes nothing.
func (a *analyzer) Remediate(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return &pulumirpc.RemediateResponse{}, nil
}

// Cancel does nothing: a run of the rules takes milliseconds.
func (a *analyzer) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// AnalyzeStack runs the rules.
func (a *analyzer) AnalyzeStack(_ context.Context, req *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	resources := make([]rules.Resource, len(req.GetResources()))
	for i, r := range req.GetResources() {
		properties, err := plugin.UnmarshalProperties(r.GetProperties(), plugin.MarshalOptions{
			KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
		})
		if err != nil {
			return nil, fmt.Errorf("properties of %s: %w", r.GetUrn(), err)
		}
		dependsOn := map[string][]string{}
		for property, dependencies := range r.GetPropertyDependencies() {
			dependsOn[property] = dependencies.GetUrns()
		}
		resources[i] = rules.New(r.GetUrn(), r.GetType(), rules.FromPropertyMap(properties), dependsOn)
	}
	response := &pulumirpc.AnalyzeResponse{}
	descriptions := map[string]string{}
	for _, rule := range rules.All() {
		descriptions[rule.Name] = rule.Description
	}
	for _, finding := range rules.Check(resources, a.config) {
		response.Diagnostics = append(response.Diagnostics, &pulumirpc.AnalyzeDiagnostic{
			PolicyName: finding.Rule, PolicyPackName: packName, PolicyPackVersion: packVersion, Description: descriptions[finding.Rule],
			Message: finding.Message, EnforcementLevel: levels[finding.Level], Urn: finding.URN,
		})
	}
	return response, nil
}

// levels are the protocol's values for levels.
var levels = map[rules.Level]pulumirpc.EnforcementLevel{
	rules.Advisory:  pulumirpc.EnforcementLevel_ADVISORY,
	rules.Mandatory: pulumirpc.EnforcementLevel_MANDATORY,
	rules.Disabled:  pulumirpc.EnforcementLevel_DISABLED,
}
