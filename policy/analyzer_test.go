package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/policy/rules"
)

func TestThePackNamesEachRuleWithItsLevelAndSettings(t *testing.T) {
	t.Parallel()
	info, err := newAnalyzer().GetAnalyzerInfo(context.Background(), nil)
	require.NoError(t, err)
	require.True(t, info.SupportsConfig)
	require.Len(t, info.Policies, len(rules.All()))
	for i, rule := range rules.All() {
		policy := info.Policies[i]
		require.Equal(t, rule.Name, policy.Name)
		require.Equal(t, levels[rule.Level], policy.EnforcementLevel)
		require.Len(t, policy.GetConfigSchema().GetProperties().GetFields(), len(rule.Settings))
		for _, name := range rule.Settings {
			require.NotNil(t, settings[name], "%s has no schema", name)
		}
	}
}

func TestThePackHasTheVersionOfItsFile(t *testing.T) {
	t.Parallel()
	pack, err := workspace.LoadPolicyPack("PulumiPolicy.yaml")
	require.NoError(t, err)
	info, err := newAnalyzer().GetPluginInfo(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, pack.Version, info.Version)
}

// analyze runs the pack on a topic and a queue, whose encryption is unknown or not set.
func analyze(t *testing.T, a *analyzer) []*pulumirpc.AnalyzeDiagnostic {
	t.Helper()
	marshal := func(properties resource.PropertyMap) *structpb.Struct {
		s, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
		require.NoError(t, err)
		return s
	}
	tags := resource.MakeSecret(resource.NewProperty(resource.PropertyMap{"project": resource.NewProperty("orders"), "stack": resource.NewProperty("dev")}))
	response, err := a.AnalyzeStack(context.Background(), &pulumirpc.AnalyzeStackRequest{Resources: []*pulumirpc.AnalyzerResource{
		{Urn: "urn:pulumi:dev::orders::aws:sqs/queue:Queue::known", Type: "aws:sqs/queue:Queue", Properties: marshal(resource.PropertyMap{"tags": tags})},
		{Urn: "urn:pulumi:dev::orders::aws:sqs/queue:Queue::unknown", Type: "aws:sqs/queue:Queue", Properties: marshal(resource.PropertyMap{
			"kmsMasterKeyId": resource.MakeComputed(resource.NewProperty("")), "tags": tags,
		})},
		{
			Urn: "urn:pulumi:dev::orders::aws:cloudwatch/metricAlarm:MetricAlarm::alarm", Type: "aws:cloudwatch/metricAlarm:MetricAlarm",
			Properties: marshal(resource.PropertyMap{
				"namespace": resource.NewProperty("AWS/SQS"), "metricName": resource.NewProperty("ApproximateAgeOfOldestMessage"),
				"alarmActions": resource.MakeComputed(resource.NewProperty("")), "tags": tags,
			}),
			PropertyDependencies: map[string]*pulumirpc.AnalyzerPropertyDependencies{
				"dimensions": {Urns: []string{"urn:pulumi:dev::orders::aws:sqs/queue:Queue::known", "urn:pulumi:dev::orders::aws:sqs/queue:Queue::unknown"}},
			},
		},
	}})
	require.NoError(t, err)
	return response.Diagnostics
}

func TestThePackReportsWhatTheRulesFindInTheStack(t *testing.T) {
	t.Parallel()
	found := analyze(t, newAnalyzer())
	require.Len(t, found, 1)
	require.Equal(t, "encryption-at-rest", found[0].PolicyName)
	require.Equal(t, "urn:pulumi:dev::orders::aws:sqs/queue:Queue::known", found[0].Urn)
	require.Equal(t, pulumirpc.EnforcementLevel_MANDATORY, found[0].EnforcementLevel)
	require.Equal(t, "the queue is not encrypted: set sqsManagedSseEnabled or kmsMasterKeyId", found[0].Message)
}

func TestThePackTakesLevelsAndSettingsFromTheEngine(t *testing.T) {
	t.Parallel()
	owner, err := structpb.NewStruct(map[string]any{"tags": []any{"owner"}})
	require.NoError(t, err)
	a := newAnalyzer()
	_, err = a.Configure(context.Background(), &pulumirpc.ConfigureAnalyzerRequest{PolicyConfig: map[string]*pulumirpc.PolicyConfig{
		"encryption-at-rest": {EnforcementLevel: pulumirpc.EnforcementLevel_DISABLED},
		"tags":               {EnforcementLevel: pulumirpc.EnforcementLevel_ADVISORY, Properties: owner},
	}})
	require.NoError(t, err)
	found := analyze(t, a)
	require.Len(t, found, 3)
	require.Equal(t, "tags", found[0].PolicyName)
	require.Equal(t, pulumirpc.EnforcementLevel_ADVISORY, found[0].EnforcementLevel)
	require.Equal(t, "tags are missing: owner", found[0].Message)
}

func TestThePageOfThePolicyHasALineForEachRule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/policy.md")
	require.NoError(t, err)
	for _, rule := range rules.All() {
		var line string
		for l := range strings.Lines(string(page)) {
			if strings.HasPrefix(l, "| `"+rule.Name+"` | "+string(rule.Level)+" |") {
				line = l
			}
		}
		require.NotEmpty(t, line, "no line of %s", rule.Name)
		require.Contains(t, line, rule.Reference)
		for _, name := range rule.Settings {
			require.Contains(t, string(page), "| `"+name+"` | `"+rule.Name+"` |")
		}
	}
}
