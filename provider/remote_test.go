package provider_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// remote is a component that the plugin constructs, as a program in another language sees it.
type remote struct {
	pulumi.ResourceState

	TableName pulumi.StringOutput `pulumi:"tableName"`
	RouteArns pulumi.AnyOutput    `pulumi:"routeArns"`
}

const fanOutToken = "order-patterns:components:FanOut"

// fanOut has the plugin construct a FanOut, whose data the test may delete.
func fanOut(ctx *pulumi.Context, name string, common pulumi.Map, opts ...pulumi.ResourceOption) (*remote, error) {
	r := &remote{}
	args := pulumi.Map{"deleteData": pulumi.Bool(true)}
	for key, value := range common {
		args[key] = value
	}
	return r, ctx.RegisterRemoteComponentResource(fanOutToken, name, pulumi.Map{
		"common":     args,
		"orders":     pulumi.Map{},
		"authorizer": pulumi.Map{"kind": pulumi.String("none")},
		"api":        pulumi.Map{"accessLogs": pulumi.Bool(false)},
	}, r, opts...)
}

// inline is a stack whose program is a function of the test.
type inline struct {
	auto.Stack
	deployment deployment
}

func inlineStack(t *testing.T) inline {
	t.Helper()
	d := program(t, "inline")
	env := map[string]string{}
	for _, e := range d.Environment() {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	require.NoError(t, os.MkdirAll(d.Stack.State(), 0o755))
	s, err := auto.UpsertStackInlineSource(t.Context(), "local", "inline", nil, auto.EnvVars(env))
	require.NoError(t, err)
	for key, value := range map[string]string{"aws:region": "us-east-1", "order-patterns:platform": "host"} {
		require.NoError(t, s.SetConfig(t.Context(), key, auto.ConfigValue{Value: value}))
	}
	t.Cleanup(func() {
		s.Workspace().SetProgram(func(*pulumi.Context) error { return nil })
		_, err := s.Destroy(context.Background(), optdestroy.SuppressProgress())
		require.NoError(t, err)
	})
	return inline{s, d}
}

// up deploys a program, and returns the resources of the state by their URN.
func (s inline) up(t *testing.T, program pulumi.RunFunc) map[string]apitype.ResourceV3 {
	t.Helper()
	s.Workspace().SetProgram(program)
	_, err := s.Up(t.Context(), optup.ProgressStreams(t.Output()))
	require.NoError(t, err)
	resources := map[string]apitype.ResourceV3{}
	for _, r := range s.deployment.state(t) {
		resources[string(r.URN)] = r
	}
	return resources
}

// refuses asserts that a preview of a program fails with these messages.
func (s inline) refuses(t *testing.T, program pulumi.RunFunc, messages ...string) {
	t.Helper()
	s.Workspace().SetProgram(program)
	_, err := s.Preview(t.Context())
	for _, message := range messages {
		require.ErrorContains(t, err, message)
	}
}

func ofType(resources map[string]apitype.ResourceV3, typ string) map[string]apitype.ResourceV3 {
	found := map[string]apitype.ResourceV3{}
	for urn, r := range resources {
		if string(r.Type) == typ {
			found[urn] = r
		}
	}
	return found
}

func TestASecretInputIsASecretOfTheResourcesThatGetIt(t *testing.T) {
	s := inlineStack(t)
	const secret = "5b7d1c"
	resources := s.up(t, func(ctx *pulumi.Context) error {
		_, err := fanOut(ctx, "shop", pulumi.Map{"tags": pulumi.StringMap{"team": pulumi.ToSecret(pulumi.String(secret)).(pulumi.StringOutput)}})
		return err
	})
	for urn, r := range resources {
		text, err := json.Marshal(r.Inputs)
		require.NoError(t, err)
		require.False(t, strings.Contains(string(text), secret), "the inputs of %s have the secret in plain text", urn)
	}
	for _, table := range ofType(resources, "aws:dynamodb/table:Table") {
		text, err := json.Marshal(table.Inputs["tags"])
		require.NoError(t, err)
		require.Contains(t, string(text), "ciphertext")
	}
}

func TestInputsOfAWrongTypeAreRefusedByTheirPaths(t *testing.T) {
	inlineStack(t).refuses(t, func(ctx *pulumi.Context) error {
		first, err := fanOut(ctx, "first", nil)
		if err != nil {
			return err
		}
		_, err = fanOut(ctx, "second", pulumi.Map{
			"architecture":     first.TableName,
			"packages":         pulumi.ToSecret(pulumi.String("zips")),
			"ownKey":           pulumi.String("yes"),
			"logRetentionDays": pulumi.Float64(7.5),
			"retention":        pulumi.Int(7),
			"keyUsers":         pulumi.StringMap{},
			"alarms":           pulumi.Map{"email": pulumi.Int(1)},
		})
		return err
	},
		`order-patterns:components:FanOut "second": `,
		"common.architecture decides which resources exist: it cannot be a secret, or come from another resource",
		"common.packages decides which resources exist",
		"common.ownKey must be true or false, got string",
		"common.logRetentionDays must be a whole number, got 7.5",
		"common.retention does not exist, must be one of alarms, architecture",
		"common.keyUsers must be a list, got object",
		"common.alarms.email must be a string, got 1",
	)
}

func TestATransformChangesTheResourcesOfAComponent(t *testing.T) {
	resources := inlineStack(t).up(t, func(ctx *pulumi.Context) error {
		shorter := func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if args.Type != "aws:sqs/queue:Queue" {
				return nil
			}
			args.Props["messageRetentionSeconds"] = pulumi.Int(3600)
			return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
		}
		_, err := fanOut(ctx, "shop", nil, pulumi.Transforms([]pulumi.ResourceTransform{shorter}))
		return err
	})
	queues := ofType(resources, "aws:sqs/queue:Queue")
	require.Len(t, queues, 4)
	for urn, queue := range queues {
		require.EqualValues(t, 3600, queue.Inputs["messageRetentionSeconds"], urn)
	}
}

// A component that is renamed or moved keeps its data, if an alias says what it was.
func TestAnAliasKeepsTheDataOfAComponent(t *testing.T) {
	s := inlineStack(t)
	ids := func(resources map[string]apitype.ResourceV3) (ids []string) {
		for _, typ := range []string{"aws:dynamodb/table:Table", "aws:sqs/queue:Queue", "aws:sns/topic:Topic", "aws:s3/bucketV2:BucketV2"} {
			for _, r := range ofType(resources, typ) {
				ids = append(ids, string(r.ID))
			}
		}
		return ids
	}
	before := ids(s.up(t, func(ctx *pulumi.Context) error {
		_, err := fanOut(ctx, "shop", nil)
		return err
	}))
	require.Len(t, before, 8) // 4 queues, 2 topics, the table and the bucket
	after := ids(s.up(t, func(ctx *pulumi.Context) error {
		_, err := fanOut(ctx, "store", nil, pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("shop")}}))
		return err
	}))
	require.ElementsMatch(t, before, after)
}

// A stack that a Go program deployed can go on in another language.
func TestAComponentOfAGoProgramIsTakenOver(t *testing.T) {
	s := inlineStack(t)
	zips, err := os.OpenRoot("../build/local")
	require.NoError(t, err, "run `make package-local`")
	s.up(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, "shop", &components.FanOutArgs{
			Common:     components.Common{DeleteData: true, Zips: zips.FS()},
			Authorizer: components.NoAuthorizer(),
			Orders:     &components.FanOutOrders{},
			Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)},
		})
		return err
	})
	s.Workspace().SetProgram(func(ctx *pulumi.Context) error {
		_, err := fanOut(ctx, "shop", nil)
		return err
	})
	_, err = s.Preview(t.Context(), optpreview.ExpectNoChanges(), optpreview.ProgressStreams(t.Output()))
	require.NoError(t, err)
}
