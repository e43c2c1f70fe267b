package rules_test

import (
	"archive/zip"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
	"github.com/order-patterns/order-patterns/policy/rules"
)

// cloud stands in for the engine and AWS, and records what is registered.
type cloud struct {
	mu        sync.Mutex
	resources []rules.Resource
}

func (c *cloud) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	state := args.Inputs.Copy()
	from := args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:] + "/" + args.Name
	known := map[string]string{
		"name": from, "url": "https://" + from, "invokeArn": "arn:invoke:" + from, "executionArn": "arn:" + from, "invokeUrl": "https://" + from,
		"arn": "arn:aws:service:eu-west-1:123456789012:" + from,
	}
	switch args.TypeToken { // components look into these
	case "aws:sfn/stateMachine:StateMachine":
		known["arn"] = "arn:aws:states:eu-west-1:123456789012:stateMachine:" + args.Name
	case "aws:kms/key:Key":
		known["arn"] = "arn:aws:kms:eu-west-1:123456789012:key/" + args.Name
	}
	for name, value := range known {
		if _, given := state[resource.PropertyKey(name)]; !given {
			state[resource.PropertyKey(name)] = resource.NewProperty(value)
		}
	}
	var parent tokens.Type
	if urn := resource.URN(args.RegisterRPC.GetParent()); urn != "" && urn.QualifiedType() != resource.RootStackType {
		parent = urn.QualifiedType()
	}
	urn := resource.NewURN("stack", "project", parent, tokens.Type(args.TypeToken), args.Name)
	dependsOn := map[string][]string{}
	for property, dependencies := range args.RegisterRPC.GetPropertyDependencies() {
		dependsOn[property] = dependencies.GetUrns()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resources = append(c.resources, rules.New(string(urn), args.TypeToken, rules.FromPropertyMap(args.Inputs), dependsOn))
	return "id:" + from, state, nil
}

func (c *cloud) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{"partition": "aws", "name": "eu-west-1", "accountId": "123456789012"}), nil
}

// deploy registers all four patterns, and the settings of the account that they need.
func deploy(t *testing.T, auth components.Authorizer, common components.Common) []rules.Resource {
	t.Helper()
	common.Packages = packages(t)
	common.Tags = pulumi.StringMap{"project": pulumi.String("order-patterns"), "stack": pulumi.String("test")}
	c := &cloud{}
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		if _, err := components.NewApiAccount(ctx, "api-account", &components.ApiAccountArgs{Tags: common.Tags}); err != nil {
			return err
		}
		if _, err := components.NewTraceAccount(ctx, "trace-account", nil); err != nil {
			return err
		}
		if _, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Common: common, Authorizer: auth, Orders: &components.FanOutOrders{}}); err != nil {
			return err
		}
		if _, err := components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{Common: common, Authorizer: auth, Orders: &components.OrchestratorOrders{}}); err != nil {
			return err
		}
		if _, err := components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{Common: common, Authorizer: auth, Orders: &components.EventStreamOrders{}}); err != nil {
			return err
		}
		_, err := components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{Common: common, Authorizer: auth, Orders: &components.CheckerPipelineOrders{}})
		return err
	}, pulumi.WithMocks("project", "stack", c)))
	return c.resources
}

// packages writes a zip for each function of this repository, and returns the folder.
func packages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	functions, err := os.ReadDir("../../handlers/functions")
	require.NoError(t, err)
	executable := append([]byte(elf.ELFMAG), make([]byte, 60)...)
	binary.LittleEndian.PutUint16(executable[18:], uint16(elf.EM_AARCH64))
	for _, function := range functions {
		file, err := os.Create(filepath.Join(folder, function.Name()+".zip"))
		require.NoError(t, err)
		archive := zip.NewWriter(file)
		header := &zip.FileHeader{Name: "bootstrap"}
		header.SetMode(0o755)
		entry, err := archive.CreateHeader(header)
		require.NoError(t, err)
		_, err = entry.Write(executable)
		require.NoError(t, err)
		require.NoError(t, archive.Close())
		require.NoError(t, file.Close())
	}
	return folder
}

var tokensOf = components.JwtAuthorizer(pulumi.String("https://login.example.com/"), pulumi.String("orders"))

func TestTheFourPatternsComplyWithAllRules(t *testing.T) {
	t.Parallel()
	users := pulumi.StringArray{pulumi.String("arn:aws:iam::123456789012:role/deploy")}
	for name, stack := range map[string]struct {
		auth   components.Authorizer
		common components.Common
	}{
		"tokens":           {tokensOf, components.Common{}},
		"signatures":       {components.IamAuthorizer(), components.Common{}},
		"own keys":         {tokensOf, components.Common{OwnKey: true, KeyUsers: users}},
		"a key":            {tokensOf, components.Common{KmsKeyArn: pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/orders")}},
		"code from S3":     {tokensOf, components.Common{CodeFromS3: true}},
		"data can be lost": {tokensOf, components.Common{DeleteData: true, LogRetentionDays: pulumi.Int(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			resources := deploy(t, stack.auth, stack.common)
			require.Empty(t, rules.Check(resources, rules.Config{Settings: rules.DefaultSettings()}))
		})
	}
}

// own deploys a FanOut and an EventStream that run functions of one's own, with all settings.
func own(t *testing.T, common components.Common) []rules.Resource {
	t.Helper()
	common.Packages = packages(t) // for authorize-caller
	common.Tags = pulumi.StringMap{"project": pulumi.String("order-patterns"), "stack": pulumi.String("test")}
	list := func(text string) pulumi.StringArray { return pulumi.StringArray{pulumi.String(text)} }
	fn := components.Function{
		Code: pulumi.NewFileArchive(filepath.Join(common.Packages, "store-order.zip")),
		Vpc:  &components.Vpc{SubnetIds: list("subnet-1"), SecurityGroupIds: list("sg-1")}, TimeoutSeconds: pulumi.Int(300),
		Permissions: []components.Permission{{Actions: []string{"s3:GetObject"}, Resources: list("arn:aws:s3:::pictures/*")}},
	}
	routes := []components.Route{{Method: "POST", Path: "/picture", Run: &fn, Publishes: true}}
	c := &cloud{}
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		if _, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
			Common: common, Authorizer: tokensOf, Routes: routes, Consumers: map[string]components.Consumer{"resize": {Function: fn}},
		}); err != nil {
			return err
		}
		_, err := components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{
			Common: common, Authorizer: components.IamAuthorizer(), Routes: routes,
			Readers: map[string]components.Reader{"resize": {Function: fn, Settings: components.ReaderSettings{EnhancedFanOut: true}}},
		})
		return err
	}, pulumi.WithMocks("project", "stack", c)))
	return c.resources
}

func TestOwnFunctionsComplyWithAllRules(t *testing.T) {
	t.Parallel()
	users := pulumi.StringArray{pulumi.String("arn:aws:iam::123456789012:role/deploy")}
	for name, common := range map[string]components.Common{"by default": {}, "own keys": {OwnKey: true, KeyUsers: users}} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, rules.Check(own(t, common), rules.Config{Settings: rules.DefaultSettings()}))
		})
	}
}

// The rules find nothing because there is nothing to find, and not because they look at nothing.
func TestEachRuleLooksAtResourcesOfThePatterns(t *testing.T) {
	t.Parallel()
	resources := deploy(t, components.NoAuthorizer(), components.Common{Alarms: components.AlarmSettings{Off: true}})
	strict := rules.Settings{Tags: []string{"owner"}, MinQueueDays: 15, MinStreamHours: 169}
	// What the strictest settings cannot reach is taken away.
	var fewer []rules.Resource
	for _, r := range resources {
		switch {
		case strings.HasPrefix(r.Type, "aws:s3/bucketServerSideEncryption"), strings.HasPrefix(r.Type, "aws:s3/bucketPublicAccessBlock"),
			r.Type == "aws:sqs/redrivePolicy:RedrivePolicy":
			continue
		case r.Type == "aws:sqs/queue:Queue":
			r.Properties["visibilityTimeoutSeconds"] = 1.0
		}
		fewer = append(fewer, r)
	}
	found := map[string]int{}
	for _, finding := range rules.Check(fewer, rules.Config{Settings: strict}) {
		found[finding.Rule]++
	}
	for _, rule := range rules.All() {
		require.Positive(t, found[rule.Name], rule.Name)
	}
	require.Equal(t, 6, found["visibility-timeout"], "one for each queue with a consumer")
	require.Equal(t, 6, found["dead-letters"], "one for each queue with a consumer")
}

func TestAStackWithoutAuthorizersIsAcceptedByASettingOnly(t *testing.T) {
	t.Parallel()
	resources := deploy(t, components.NoAuthorizer(), components.Common{})
	var open []string
	for _, finding := range rules.Check(resources, rules.Config{Settings: rules.DefaultSettings()}) {
		require.Equal(t, "authorizer", finding.Rule)
		open = append(open, finding.Name+": "+finding.Message)
	}
	require.Len(t, open, 3*3+5, "3 routes of each coffee pattern, and 5 of the checker")
	require.Contains(t, open, "checker-api: everybody may call POST /stock: it has no authorizer")

	settings := rules.DefaultSettings()
	settings.AllowNone = true
	require.Empty(t, rules.Check(resources, rules.Config{Settings: settings}))
}
