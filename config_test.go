package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// recorder records what a program registers.
type recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	state := args.Inputs.Copy()
	if _, given := state["arn"]; !given {
		state["arn"] = resource.NewStringProperty("arn:aws:any:eu-west-1:123456789012:" + args.Name)
	}
	for _, output := range []resource.PropertyKey{"url", "name", "bucket", "invokeArn", "executionArn", "invokeUrl"} {
		if _, given := state[output]; !given {
			state[output] = resource.NewStringProperty(args.Name)
		}
	}
	return args.Name, state, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{"partition": "aws", "name": "eu-west-1", "accountId": "123456789012"}), nil
}

// run runs a program with this config, over the defaults of Pulumi.yaml.
func run(t *testing.T, r *recorder, config map[string]string, program pulumi.RunFunc) error {
	t.Helper()
	project, err := workspace.LoadProject("Pulumi.yaml")
	require.NoError(t, err)
	full := map[string]string{}
	for key, declared := range project.Config {
		full["order-patterns:"+key] = fmt.Sprint(declared.Default)
	}
	full["order-patterns:auth"] = "none"
	for key, value := range config {
		require.Contains(t, project.Config, key)
		full["order-patterns:"+key] = value
	}
	return pulumi.RunErr(program, pulumi.WithMocks("order-patterns", "test", r), func(info *pulumi.RunInfo) { info.Config = full })
}

func load(t *testing.T, config map[string]string) (*settings, error) {
	t.Helper()
	var s *settings
	r := &recorder{}
	err := run(t, r, config, func(ctx *pulumi.Context) (err error) {
		s, err = loadConfig(ctx)
		return err
	})
	require.Empty(t, r.registered)
	return s, err
}

func TestTheDefaultsOfPulumiYamlAreValid(t *testing.T) {
	s, err := load(t, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"fanout"}, s.patterns)
	require.False(t, s.ownApiAccount)
	api := components.ApiSettings{
		RateLimit: pulumi.Int(1000), BurstLimit: pulumi.Int(500), AllowOrigin: pulumi.String("*"), DetailedMetrics: pulumi.Bool(false),
		AccessLogs: pulumi.BoolRef(true),
	}
	open := components.NoAuthorizer()
	common := components.Common{
		LogRetentionDays: pulumi.Int(30), CodeFromS3: true,
		Alarms: components.AlarmSettings{
			QueueAgeSeconds: pulumi.Int(900), FunctionErrors: pulumi.Int(0), DurationPercent: pulumi.Int(80), IteratorAgeSeconds: pulumi.Int(300),
			ApiErrors: pulumi.Int(0), ApiLatencyMs: pulumi.Int(3000), PendingSeconds: pulumi.Int(900),
		},
		Tags: pulumi.StringMap{"project": pulumi.String("order-patterns"), "stack": pulumi.String("test")},
	}
	reader := components.ReaderSettings{
		BatchSize: pulumi.Int(100), BatchingWindowSeconds: pulumi.Int(0), ParallelizationFactor: pulumi.Int(1),
	}
	require.Equal(t, components.FanOutArgs{
		Common: common, Authorizer: open, Api: api,
		Orders: &components.FanOutOrders{
			StoreQueue:   components.QueueSettings{BatchSize: pulumi.Int(10)},
			InvoiceQueue: components.QueueSettings{BatchSize: pulumi.Int(5)},
		},
	}, s.fanOut)
	require.Equal(t, components.OrchestratorArgs{Common: common, Authorizer: open, Api: api, Orders: &components.OrchestratorOrders{}}, s.orchestrator)
	require.Equal(t, components.EventStreamArgs{
		Common: common, Authorizer: open, Api: api, Orders: &components.EventStreamOrders{ProjectReader: reader, InvoiceReader: reader},
	}, s.eventStream)
	require.Equal(t, components.CheckerPipelineArgs{
		Common: common, Authorizer: open, Api: api, Orders: &components.CheckerPipelineOrders{},
		UsagePlan: components.UsagePlan{RateLimit: pulumi.Int(100), BurstLimit: pulumi.Int(50)},
	}, s.checker)
}

var update = flag.Bool("update", false, "rewrite the keys in Pulumi.yaml")

// Pulumi refuses to read a typed key that has neither a value nor a default in Pulumi.yaml, so that file must repeat the defaults.
func TestPulumiYamlIsWrittenFromTheKeys(t *testing.T) {
	const begin = "\nconfig: # written from configkeys.go by: go test . -update\n"
	text, err := os.ReadFile("Pulumi.yaml")
	require.NoError(t, err)
	head, got, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	var b strings.Builder
	for _, k := range configKeys {
		kind := map[reflect.Kind]string{reflect.String: "string", reflect.Int: "integer", reflect.Bool: "boolean"}[reflect.TypeOf(k.standard).Kind()]
		standard, err := json.Marshal(k.standard)
		require.NoError(t, err)
		fmt.Fprintf(&b, "  %s:\n    type: %s\n    description: %q\n    default: %s\n", k.name, kind, k.text(), standard)
	}
	if *update {
		require.NoError(t, os.WriteFile("Pulumi.yaml", []byte(head+begin+b.String()), 0o600))
		return
	}
	require.Equal(t, b.String(), got, "run go test . -update")
}

func TestKeysThatAreNotSetUseTheDefaultsOfTheComponents(t *testing.T) {
	var s *settings
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		s, err = loadConfig(ctx)
		return err
	}, pulumi.WithMocks("order-patterns", "test", &recorder{}), func(info *pulumi.RunInfo) {
		info.Config = map[string]string{"order-patterns:pattern": "all", "order-patterns:auth": "none"}
	}))
	require.Equal(t, components.QueueSettings{}, s.fanOut.Orders.StoreQueue)
	require.Equal(t, components.ReaderSettings{}, s.eventStream.Orders.ProjectReader)
	require.Equal(t, components.ApiSettings{AccessLogs: pulumi.BoolRef(true)}, s.checker.Api)
	require.Equal(t, components.UsagePlan{}, s.checker.UsagePlan)
}

func TestPatternsAreChosenByName(t *testing.T) {
	both := []string{"fanout", "orchestrator"}
	all := []string{"fanout", "orchestrator", "eventstream", "checker"}
	require.Equal(t, all, patterns)
	for text, want := range map[string][]string{
		"fanout": {"fanout"}, " fanout ": {"fanout"}, "fanout,fanout": {"fanout"}, "fanout , fanout": {"fanout"},
		"orchestrator": {"orchestrator"}, "orchestrator,orchestrator": {"orchestrator"},
		"fanout,orchestrator": both, "orchestrator, fanout": {"orchestrator", "fanout"},
		"all": all, " all": all, "fanout,all": all, "all, fanout": all, "orchestrator,all": {"orchestrator", "fanout", "eventstream", "checker"},
	} {
		t.Run(text, func(t *testing.T) {
			s, err := load(t, map[string]string{"pattern": text})
			require.NoError(t, err)
			require.Equal(t, want, s.patterns)
			for _, pattern := range patterns {
				require.Equal(t, slices.Contains(want, pattern), s.deploys(pattern), pattern)
			}
			require.False(t, s.deploys("another"))
		})
	}
}

func TestTheCapacityOfTablesIsThatOfEachPattern(t *testing.T) {
	s, err := load(t, map[string]string{"tableReadUnits": "50", "tableWriteUnits": "5", "tableMaxWriteUnits": "5"})
	require.NoError(t, err)
	want := components.TableCapacity{ReadUnits: pulumi.Int(50), WriteUnits: pulumi.Int(5), MaxWriteUnits: pulumi.Int(5)}
	for _, got := range []components.TableCapacity{
		s.fanOut.Orders.Capacity, s.orchestrator.Orders.Capacity, s.eventStream.Orders.Capacity, s.checker.Orders.Capacity,
	} {
		require.Equal(t, want, got)
	}
}

func TestBadConfigIsRefusedByItsKey(t *testing.T) {
	choose := "; choose from " + strings.Join(patterns, ", ") + ", several separated by commas, or all"
	for _, c := range []struct{ key, value, want string }{
		{"pattern", "fan-out", `config pattern: unknown pattern "fan-out"` + choose},
		{"pattern", "fanout,nope", `config pattern: unknown pattern "nope"` + choose},
		{"pattern", "all,nope", `config pattern: unknown pattern "nope"` + choose},
		{"pattern", "Fanout", `config pattern: unknown pattern "Fanout"` + choose},
		{"pattern", "fanout,", `config pattern: unknown pattern ""` + choose},
		{"pattern", " ", "config pattern: is required" + choose},
		{"storeBatchSize", "0", "config storeBatchSize: must be from 1 to 10, got 0"},
		{"storeBatchSize", "11", "config storeBatchSize: must be from 1 to 10, got 11"},
		{"storeBatchSize", "-1", "config storeBatchSize: must be from 1 to 10, got -1"},
		{"storeBatchSize", "ten", `config storeBatchSize: must be an integer, got "ten"`},
		{"storeBatchSize", "1.5", `config storeBatchSize: must be an integer, got "1.5"`},
		{"invoiceBatchSize", "0", "config invoiceBatchSize: must be from 1 to 10, got 0"},
		{"invoiceBatchSize", "11", "config invoiceBatchSize: must be from 1 to 10, got 11"},
		{"apiRateLimit", "0", "config apiRateLimit: must be from 1 to 10000, got 0"},
		{"apiRateLimit", "10001", "config apiRateLimit: must be from 1 to 10000, got 10001"},
		{"apiBurstLimit", "5001", "config apiBurstLimit: must be from 1 to 5000, got 5001"},
		{"logRetentionDays", "0", "config logRetentionDays: must be from 1 to 3653, got 0"},
		{"logRetentionDays", "month", `config logRetentionDays: must be an integer, got "month"`},
		{"deleteData", "yes", `config deleteData: must be true or false, got "yes"`},
		{"express", "EXPRESS", `config express: must be true or false, got "EXPRESS"`},
		{"shards", "-1", "config shards: must be from 0 to 10000, got -1"},
		{"readerBatchSize", "0", "config readerBatchSize: must be from 1 to 10000, got 0"},
		{"readerBatchingWindowSeconds", "301", "config readerBatchingWindowSeconds: must be from 0 to 300, got 301"},
		{"readerRetryAttempts", "-1", "config readerRetryAttempts: must be from 0 to 10000, got -1"},
		{"parallelizationFactor", "11", "config parallelizationFactor: must be from 1 to 10, got 11"},
		{"enhancedFanOut", "on", `config enhancedFanOut: must be true or false, got "on"`},
		{"clientRateLimit", "0", "config clientRateLimit: must be from 1 to 10000, got 0"},
		{"clientBurstLimit", "5001", "config clientBurstLimit: must be from 1 to 5000, got 5001"},
		{"tableWriteUnits", "40001", "config tableWriteUnits: must be from 0 to 40000, got 40001"},
		{"tableWriteUnits", "5", "config tableWriteUnits: must be set together with tableReadUnits, or neither for on-demand tables"},
		{"tableReadUnits", "5", "config tableWriteUnits: must be set together with tableReadUnits"},
		{"tableMaxReadUnits", "5", "config tableMaxReadUnits: must be at least tableReadUnits, which is 0, got 5"},
		{"tableMaxWriteUnits", "40001", "config tableMaxWriteUnits: must be from 0 to 40000, got 40001"},
		{"clientQuota", "-1", "config clientQuota: must be from 0 to 2147483647, got -1"},
		{"requireApiKey", "x", `config requireApiKey: must be true or false, got "x"`},
		{"apiDetailedMetrics", "on", `config apiDetailedMetrics: must be true or false, got "on"`},
		{"ownKey", "on", `config ownKey: must be true or false, got "on"`},
		{"auth", "", "config auth: is required; choose jwt: tokens of an OpenID Connect issuer, which requires jwtIssuer and jwtAudience; iam: requests signed"},
		{"auth", "", "which requires an IAM policy that allows execute-api:Invoke on the output routeArns; or none: everybody may place orders"},
		{"auth", "oidc", `config auth: unknown value "oidc"; choose jwt: `},
		{"auth", "JWT", `config auth: unknown value "JWT"; choose jwt: `},
		{"auth", "jwt", "config jwtIssuer: is required with auth jwt"},
		{"auth", "jwt", "config jwtAudience: is required with auth jwt"},
		{"jwtIssuer", "https://login.example.com", "config jwtIssuer: is accepted only with auth jwt, got auth none"},
		{"jwtAudience", "orders", "config jwtAudience: is accepted only with auth jwt, got auth none"},
		{"disableExecuteApiEndpoint", "yes", `config disableExecuteApiEndpoint: must be true or false, got "yes"`},
		{"apiAccessLogs", "on", `config apiAccessLogs: must be one of off, account, own-account, got "on"`},
	} {
		t.Run(c.key+" "+c.value, func(t *testing.T) {
			_, err := load(t, map[string]string{c.key: c.value})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAuthSelectsTheAuthorizer(t *testing.T) {
	for _, c := range []struct {
		config map[string]string
		want   components.Authorizer
	}{
		{map[string]string{"auth": "none"}, components.NoAuthorizer()},
		{map[string]string{"auth": "iam"}, components.IamAuthorizer()},
		{map[string]string{"auth": "jwt", "jwtIssuer": "https://login.example.com", "jwtAudience": "orders", "jwtAccountClaim": "account"},
			components.Authorizer{
				Kind: components.AuthJwt, Issuer: pulumi.String("https://login.example.com"), Audience: pulumi.String("orders"), AccountClaim: pulumi.String("account"),
			}},
	} {
		s, err := load(t, c.config)
		require.NoError(t, err)
		for _, got := range []components.Authorizer{s.fanOut.Authorizer, s.orchestrator.Authorizer, s.eventStream.Authorizer, s.checker.Authorizer} {
			require.Equal(t, c.want, got)
		}
	}
}

func TestTheConfigSetsTheAddressOfAnAPI(t *testing.T) {
	const certificate, acl = "arn:aws:acm:eu-west-1:123456789012:certificate/1", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"
	edge := map[string]string{
		"domainName": "orders.example.com", "certificateArn": certificate, "hostedZoneId": "Z1", "disableExecuteApiEndpoint": "true",
		"webAclArn": acl, "allowedCidrs": "192.0.2.0/24, 2001:db8::/32",
	}
	s, err := load(t, edge)
	require.NoError(t, err)
	api := s.fanOut.Api
	require.Equal(t, pulumi.String("orders.example.com"), api.DomainName)
	require.Equal(t, pulumi.String(certificate), api.CertificateArn)
	require.Equal(t, pulumi.String("Z1"), api.HostedZoneId)
	require.True(t, api.DisableExecuteApiEndpoint)
	require.Equal(t, pulumi.String(acl), api.WebAclArn)
	require.Equal(t, pulumi.StringArray{pulumi.String("192.0.2.0/24"), pulumi.String("2001:db8::/32")}, api.AllowedCidrs)

	edge["pattern"] = "fanout,checker"
	_, err = load(t, edge)
	require.ErrorContains(t, err, "config domainName: requires a stack with one pattern, because each pattern has its own API, got fanout, checker")
}

// The stack files in the repository set an authorizer.
func TestTheStackFilesAreComplete(t *testing.T) {
	for file, want := range map[string]struct{ auth, logs string }{"Pulumi.local.yaml": {"none", "own-account"}, "Pulumi.dev.yaml": {"iam", "own-account"}} {
		stack, err := workspace.LoadProjectStack(nil, &workspace.Project{Name: "order-patterns"}, file)
		require.NoError(t, err)
		values := map[string]string{}
		for key, value := range stack.Config {
			if text, err := value.Value(config.NopDecrypter); err == nil && key.Namespace() == "order-patterns" {
				values[key.Name()] = text
			}
		}
		require.Equal(t, want.auth, values["auth"], file)
		require.Equal(t, want.logs, values["apiAccessLogs"], file)
		values["packages"] = ""
		_, err = load(t, values)
		require.NoError(t, err, file)
	}
}

func TestAnUnknownKeyIsRefusedAndTheErrorNamesTheNearestOne(t *testing.T) {
	for key, want := range map[string]string{
		"order-patterns:storeBatchsize":   "config storeBatchsize: unknown key; did you mean storeBatchSize?",
		"order-patterns:PATTERN":          "config PATTERN: unknown key; did you mean pattern?",
		"order-patterns:logRetention":     "config logRetention: unknown key; did you mean logRetentionDays?",
		"order-patterns:invoiceBatchSize": "",
		// Keys of other namespaces are not checked.
		"aws:regoin": "", "order-patterns2:pattren": "", "pulumi:disable-default-providers": "",
	} {
		t.Run(key, func(t *testing.T) {
			all, err := json.Marshal(map[string]string{key: "1", "order-patterns:pattern": "fanout", "aws:region": "eu-west-1"})
			require.NoError(t, err)
			t.Setenv(pulumi.EnvConfig, string(all))
			_, err = load(t, nil)
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, want)
		})
	}
}

func TestBadConfigIsRefusedAllAtOnce(t *testing.T) {
	bad := map[string]string{"pattern": "x", "deleteData": "x", "storeBatchSize": "x", "invoiceBatchSize": "99", "express": "x", "apiAccessLogs": "x",
		"topicTraces": "x", "alarms": "x", "alarmFunctionErrors": "-1", "alarmDurationPercent": "100", "lambdaInsights": "x"}
	_, err := load(t, bad)
	for key := range bad {
		require.ErrorContains(t, err, "config "+key+": ")
	}
}

func TestApiAccessLogs(t *testing.T) {
	for value, want := range map[string]struct{ logs, owns bool }{"off": {}, "": {true, false}, "account": {true, false}, "own-account": {true, true}} {
		s, err := load(t, map[string]string{"apiAccessLogs": value})
		require.NoError(t, err)
		for _, api := range []components.ApiSettings{s.fanOut.Api, s.orchestrator.Api, s.eventStream.Api, s.checker.Api} {
			require.Equal(t, want.logs, *api.AccessLogs, value)
		}
		require.Equal(t, want.owns, s.ownApiAccount, value)
	}
}

func TestAlarms(t *testing.T) {
	s, err := load(t, map[string]string{"alarmEmail": "on-call@example.com", "alarmQueueAgeSeconds": "120", "alarmPendingSeconds": "300"})
	require.NoError(t, err)
	for _, common := range []components.Common{s.fanOut.Common, s.orchestrator.Common, s.eventStream.Common, s.checker.Common} {
		require.False(t, common.Alarms.Off)
		require.Equal(t, pulumi.String("on-call@example.com"), common.Alarms.Email)
		require.Equal(t, pulumi.Int(120), common.Alarms.QueueAgeSeconds)
		require.Equal(t, pulumi.Int(300), common.Alarms.PendingSeconds)
	}
	// The settings of alarms may stay in the config while alarms are off.
	s, err = load(t, map[string]string{"alarms": "off", "alarmEmail": "on-call@example.com"})
	require.NoError(t, err)
	require.Equal(t, components.AlarmSettings{Off: true}, s.checker.Common.Alarms)
}

func TestLambdaInsights(t *testing.T) {
	const layer = "arn:aws:lambda:eu-central-2:033019950311:layer:LambdaInsightsExtension-Arm64:9"
	s, err := load(t, map[string]string{"lambdaInsights": "true", "lambdaInsightsLayerArn": layer})
	require.NoError(t, err)
	require.True(t, s.fanOut.Common.LambdaInsights)
	require.Equal(t, pulumi.String(layer), s.fanOut.Common.LambdaInsightsLayerArn)
}
