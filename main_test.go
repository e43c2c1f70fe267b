package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// folder has packages of all functions, built for x86_64.
func folder(t *testing.T) string {
	t.Helper()
	header := append([]byte(elf.ELFMAG), make([]byte, 60)...)
	binary.LittleEndian.PutUint16(header[18:], uint16(elf.EM_X86_64))
	dir := t.TempDir()
	for _, name := range []string{
		"publish-order", "store-order", "write-invoice", "get-order", "get-invoice",
		"store-order-task", "write-invoice-task", "take-back-order-task",
		"append-order", "project-order", "invoice-order",
		"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
		"relay-order", "authorize-caller",
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "bootstrap"}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		require.NoError(t, err)
		_, err = w.Write(header)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".zip"), b.Bytes(), 0o600))
	}
	return dir
}

const (
	accountType      = "order-patterns:components:ApiAccount"
	checkerType      = "order-patterns:components:CheckerPipeline"
	eventStreamType  = "order-patterns:components:EventStream"
	fanOutType       = "order-patterns:components:FanOut"
	orchestratorType = "order-patterns:components:Orchestrator"
)

// ours are the components that a program registers, by type, each as often as it does.
func (r *recorder) ours() []string {
	var types []string
	for _, args := range r.registered {
		if strings.HasPrefix(args.TypeToken, "order-patterns:") && !strings.HasSuffix(args.TypeToken, ":OrderApi") {
			types = append(types, args.TypeToken)
		}
	}
	slices.Sort(types)
	return types
}

// of are the registrations of a type, by name.
func (r *recorder) of(typ string) map[string]pulumi.MockResourceArgs {
	found := map[string]pulumi.MockResourceArgs{}
	for _, args := range r.registered {
		if args.TypeToken == typ {
			found[args.Name] = args
		}
	}
	return found
}

func TestThePatternsThatTheConfigNamesAreDeployed(t *testing.T) {
	packages := folder(t)
	for pattern, want := range map[string][]string{
		"fanout": {fanOutType}, "orchestrator": {orchestratorType}, "eventstream": {eventStreamType},
		"checker":             {checkerType},
		"fanout,orchestrator": {fanOutType, orchestratorType}, "all": {checkerType, eventStreamType, fanOutType, orchestratorType},
	} {
		t.Run(pattern, func(t *testing.T) {
			r := &recorder{}
			require.NoError(t, run(t, r, map[string]string{"packages": packages, "pattern": pattern}, deploy))
			require.Equal(t, want, r.ours())
		})
	}
}

func TestAllPatternsShareTheRegionsAccountSetting(t *testing.T) {
	r := &recorder{}
	require.NoError(t, run(t, r, map[string]string{"packages": folder(t), "pattern": "all", "apiAccessLogs": "own-account"}, deploy))
	require.Equal(t, []string{accountType, checkerType, eventStreamType, fanOutType, orchestratorType}, r.ours())
	stages := r.of("aws:apigateway/stage:Stage")
	require.Len(t, stages, len(patterns))
	for name, stage := range stages {
		require.Contains(t, stage.Inputs, resource.PropertyKey("accessLogSettings"), name)
		require.Contains(t, strings.Join(stage.RegisterRPC.GetDependencies(), "\n"), "aws:apigateway/account:Account::api-account", name)
	}
}

func TestOneStackMakesThePermissionThatTopicsTrace(t *testing.T) {
	for value, policies := range map[string]int{"": 0, "account": 0, "own-account": 1} {
		r := &recorder{}
		require.NoError(t, run(t, r, map[string]string{"packages": folder(t), "pattern": "all", "topicTraces": value}, deploy))
		require.Len(t, r.of("aws:xray/resourcePolicy:ResourcePolicy"), policies, value)
	}
}

func TestEveryPatternHasTheAuthorizerThatTheConfigNames(t *testing.T) {
	packages := folder(t)
	for auth, functions := range map[string]int{"none": 0, "iam": 0, "jwt": 1} {
		config := map[string]string{"packages": packages, "pattern": "all", "auth": auth}
		if auth == "jwt" {
			config["jwtIssuer"], config["jwtAudience"], config["jwtAccountClaim"] = "https://login.example.com", "orders", "account"
		}
		r := &recorder{}
		require.NoError(t, run(t, r, config, deploy))
		all := r.of("aws:lambda/function:Function")
		for _, pattern := range patterns {
			require.Contains(t, r.of("aws:apigateway/restApi:RestApi"), pattern+"-api")
			fn, made := all[pattern+"-api-authorize-caller"]
			require.Equal(t, functions == 1, made, "%s, %s", pattern, auth)
			if made {
				variables := fn.Inputs["environment"].ObjectValue()["variables"].ObjectValue().Mappable()
				require.Equal(t, "https://login.example.com", variables["ISSUER"])
				require.Equal(t, "orders", variables["AUDIENCE"])
				require.Equal(t, "account", variables["ACCOUNT_CLAIM"])
				// The zip of each is an object in the bucket of its pattern.
				require.Equal(t, pattern+"-code", fn.Inputs["s3Bucket"].StringValue())
			}
		}
	}
}

func TestAStackWithoutAuthIsRefused(t *testing.T) {
	r := &recorder{}
	err := run(t, r, map[string]string{"packages": folder(t), "pattern": "all", "auth": ""}, deploy)
	require.ErrorContains(t, err, "config auth: is required")
	for _, kind := range []string{"jwt: tokens of an OpenID Connect issuer, which requires jwtIssuer and jwtAudience", "iam: requests signed with AWS credentials", "none: everybody may"} {
		require.ErrorContains(t, err, kind)
	}
	require.Empty(t, r.registered)
}

func TestFanOutIsDeployedAsTheConfigSays(t *testing.T) {
	r := &recorder{}
	require.NoError(t, run(t, r, map[string]string{"packages": folder(t), "deleteData": "true", "storeBatchSize": "3", "invoiceBatchSize": "7"}, deploy))
	batches := map[string]float64{}
	for name, mapping := range r.of("aws:lambda/eventSourceMapping:EventSourceMapping") {
		batches[name] = mapping.Inputs["batchSize"].NumberValue()
	}
	require.Equal(t, map[string]float64{"fanout-store-order-mapping": 3, "fanout-write-invoice-mapping": 7}, batches)
	r.requireX86AndUnprotected(t, 5)
}

func TestTheOrchestratorIsDeployedAsTheConfigSays(t *testing.T) {
	const subscription = "aws:sns/topicSubscription:TopicSubscription"
	kind := func(r *recorder) string {
		return r.of("aws:sfn/stateMachine:StateMachine")["orchestrator"].Inputs["type"].StringValue()
	}
	packages := folder(t)
	r := &recorder{}
	require.NoError(t, run(t, r, map[string]string{
		"pattern": "orchestrator", "packages": packages, "deleteData": "true", "express": "true", "notifyEmail": "orders@example.com",
	}, deploy))
	require.Equal(t, "EXPRESS", kind(r))
	require.Equal(t, "orders@example.com", r.of(subscription)["orchestrator-email"].Inputs["endpoint"].StringValue())
	r.requireX86AndUnprotected(t, 5)

	r = &recorder{}
	require.NoError(t, run(t, r, map[string]string{"pattern": "orchestrator", "packages": packages}, deploy))
	require.Equal(t, "STANDARD", kind(r))
	require.Empty(t, r.of(subscription))
}

func TestTheEventStreamIsDeployedAsTheConfigSays(t *testing.T) {
	packages := folder(t)
	r := &recorder{}
	require.NoError(t, run(t, r, map[string]string{
		"pattern": "eventstream", "packages": packages, "deleteData": "true", "shards": "4", "readerBatchSize": "10",
		"readerBatchingWindowSeconds": "2", "parallelizationFactor": "3", "readerRetryAttempts": "5", "enhancedFanOut": "true",
	}, deploy))
	require.EqualValues(t, 4, r.of("aws:kinesis/stream:Stream")["eventstream-events"].Inputs["shardCount"].NumberValue())
	mappings := r.of("aws:lambda/eventSourceMapping:EventSourceMapping")
	require.Len(t, mappings, 2)
	for _, m := range mappings {
		require.EqualValues(t, 10, m.Inputs["batchSize"].NumberValue())
		require.EqualValues(t, 2, m.Inputs["maximumBatchingWindowInSeconds"].NumberValue())
		require.EqualValues(t, 3, m.Inputs["parallelizationFactor"].NumberValue())
		require.EqualValues(t, 5, m.Inputs["maximumRetryAttempts"].NumberValue())
	}
	require.Len(t, r.of("aws:kinesis/streamConsumer:StreamConsumer"), 2)
	r.requireX86AndUnprotected(t, 5)

	r = &recorder{}
	require.NoError(t, run(t, r, map[string]string{"pattern": "eventstream", "packages": packages}, deploy))
	require.NotContains(t, r.of("aws:kinesis/stream:Stream")["eventstream-events"].Inputs, resource.PropertyKey("shardCount"))
	require.Empty(t, r.of("aws:kinesis/streamConsumer:StreamConsumer"))
}

func TestTheCheckerIsDeployedAsTheConfigSays(t *testing.T) {
	packages := folder(t)
	r := &recorder{}
	require.NoError(t, run(t, r, map[string]string{
		"pattern": "checker", "packages": packages, "deleteData": "true", "requireApiKey": "true",
		"clientRateLimit": "5", "clientBurstLimit": "6", "clientQuota": "700", "clientQuotaPeriod": "MONTH",
	}, deploy))
	plan := r.of("aws:apigateway/usagePlan:UsagePlan")["checker-api"].Inputs.Mappable()
	require.Equal(t, map[string]any{"rateLimit": 5.0, "burstLimit": 6.0}, plan["throttleSettings"])
	require.Equal(t, map[string]any{"limit": 700.0, "period": "MONTH"}, plan["quotaSettings"])
	require.Len(t, r.of("aws:apigateway/apiKey:ApiKey"), 1)
	r.requireX86AndUnprotected(t, 9)

	r = &recorder{}
	require.NoError(t, run(t, r, map[string]string{"pattern": "checker", "packages": packages}, deploy))
	require.Empty(t, r.of("aws:apigateway/apiKey:ApiKey"))
}

// requireX86AndUnprotected asserts that every pattern uses the packages and deleteData.
func (r *recorder) requireX86AndUnprotected(t *testing.T, count int) {
	t.Helper()
	functions := r.of("aws:lambda/function:Function")
	require.Len(t, functions, count)
	for name, fn := range functions {
		require.Equal(t, "x86_64", fn.Inputs["architectures"].ArrayValue()[0].StringValue(), "%s: what the packages were built for", name)
	}
	for _, args := range r.registered {
		require.False(t, args.RegisterRPC.GetProtect(), args.Name)
	}
}

func TestArgumentsThatAComponentRefusesAreNotDeployed(t *testing.T) {
	packages := folder(t)
	for _, pattern := range append([]string{"all"}, patterns...) {
		r := &recorder{}
		refused := func(key, value, want string) {
			t.Helper()
			config := map[string]string{"pattern": pattern, "packages": packages}
			config[key] = value
			require.ErrorContains(t, run(t, r, config, deploy), want)
		}
		refused("architecture", "arm64", "was built for x86_64, not for arm64")
		refused("logRetentionDays", "31", "Common.LogRetentionDays: must be one of")
		refused("packages", "nowhere", ".zip: run `make build`")
		refused("pattern", "nope", `unknown pattern "nope"`)
		if pattern == "checker" {
			refused("clientQuota", "5", "UsagePlan.QuotaLimit: requires RequireApiKey")
			refused("clientQuotaPeriod", "YEAR", `UsagePlan.QuotaPeriod: must be one of ["DAY" "WEEK" "MONTH"], got "YEAR"`)
		}
		if pattern == "orchestrator" {
			refused("notifyEmail", "nobody", `NotifyEmail: must be an address such as orders@example.com, got "nobody"`)
		}
		require.Empty(t, r.registered)
	}
}
