package components_test

import (
	"debug/elf"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// fromOtherResource returns a program that deploys a component. Its arguments are outputs of another resource, which resolve to n and to
// text.
func fromOtherResource(n int, text string, create func(ctx *pulumi.Context, n pulumi.IntOutput, text pulumi.StringOutput) error) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		other, err := sqs.NewQueue(ctx, "other", &sqs.QueueArgs{DelaySeconds: pulumi.Int(n), Name: pulumi.String(text)})
		if err != nil {
			return err
		}
		return create(ctx, other.DelaySeconds.Elem(), other.Name)
	}
}

func TestArgumentsMayComeFromAnotherResource(t *testing.T) {
	c := &cloud{}
	require.NoError(t, c.run(fromOtherResource(30, "https://shop.example.com", func(ctx *pulumi.Context, n pulumi.IntOutput, text pulumi.StringOutput) error {
		_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
			Authorizer: open,
			Common:     components.Common{Packages: packages(t, elf.EM_AARCH64), Tags: pulumi.StringMap{"team": text}},
			Orders: &components.FanOutOrders{
				Functions:  map[string]components.Function{"store-order": {TimeoutSeconds: n, ReservedConcurrency: n}},
				StoreQueue: components.QueueSettings{BatchSize: n, BatchingWindowSeconds: n, MaxReceiveCount: n, MaximumConcurrency: n},
			},
			Api: components.ApiSettings{AllowOrigin: text, RateLimit: n},
		})
		return err
	})))
	has(t, c.inputs(t, functionType, "fanout-store-order"), map[string]any{
		"timeout": 30.0, "reservedConcurrentExecutions": 30.0, "memorySize": 512.0, "tags": map[string]any{"team": "https://shop.example.com"}})
	has(t, c.inputs(t, queueType, "fanout-store-order"), map[string]any{"visibilityTimeoutSeconds": 7 * 30.0})
	require.EqualValues(t, 30, c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", "fanout-store-order-redrive", "redrivePolicy")["maxReceiveCount"])
	has(t, c.inputs(t, mappingType, "fanout-store-order-mapping"), map[string]any{
		"batchSize": 30.0, "maximumBatchingWindowInSeconds": 30.0, "scalingConfig": map[string]any{"maximumConcurrency": 30.0}})
	has(t, at(t, c.inputs(t, functionType, "fanout-publish-order"), "environment", "variables"), map[string]any{"ALLOW_ORIGIN": "https://shop.example.com"})
	require.Contains(t, c.inputs(t, restAPIType, "fanout-api")["body"], "'https://shop.example.com'")
	require.Contains(t, c.dependencies(t, mappingType, "fanout-store-order-mapping"), "queue/other")
	has(t, at(t, c.inputs(t, "order-patterns:components:FanOut", "fanout"), "orders", "storeQueue"), map[string]any{"batchSize": 30.0})
}

func TestValuesOfOtherResourcesAreValidatedWhenTheyResolve(t *testing.T) {
	bad := func(edit func(a *components.FanOutArgs, n pulumi.IntOutput, text pulumi.StringOutput)) pulumi.RunFunc {
		return fromOtherResource(11, "shop", func(ctx *pulumi.Context, n pulumi.IntOutput, text pulumi.StringOutput) error {
			a := &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)}
			edit(a, n, text)
			_, err := components.NewFanOut(ctx, "fanout", a)
			return err
		})
	}
	for want, program := range map[string]pulumi.RunFunc{
		"Orders.StoreQueue.RetentionDays: must be at least 14, got": bad(func(a *components.FanOutArgs, n pulumi.IntOutput, _ pulumi.StringOutput) {
			a.Orders.StoreQueue.RetentionDays = n
		}),
		"Orders.Functions.store-order.MemoryMB: must be from 128 to 10240, got 11": bad(func(a *components.FanOutArgs, n pulumi.IntOutput, _ pulumi.StringOutput) {
			a.Orders.Functions = map[string]components.Function{"store-order": {MemoryMB: n}}
		}),
		"Orders.StoreQueue.BatchingWindowSeconds: must be at least 1 if BatchSize is above 10, got BatchSize 11": bad(func(a *components.FanOutArgs, n pulumi.IntOutput, _ pulumi.StringOutput) {
			a.Orders.StoreQueue.BatchSize = n
		}),
		"Common.LogRetentionDays: must be one of [1 3 5": bad(func(a *components.FanOutArgs, n pulumi.IntOutput, _ pulumi.StringOutput) {
			a.Common.LogRetentionDays = n
		}),
		"Orders.Capacity.MaxWriteUnits: must be at least WriteUnits, which is 12, got 11": bad(func(a *components.FanOutArgs, n pulumi.IntOutput, _ pulumi.StringOutput) {
			a.Orders.Capacity = components.TableCapacity{ReadUnits: n, WriteUnits: pulumi.Int(12), MaxWriteUnits: n}
		}),
		"Common.Tags: a key must not begin with aws:": bad(func(a *components.FanOutArgs, _ pulumi.IntOutput, text pulumi.StringOutput) {
			a.Common.Tags = pulumi.StringMap{"aws:team": text}
		}),
		`Api.AllowOrigin: must be * or an origin such as https://shop.example.com, without a path, got "shop"`: bad(func(a *components.FanOutArgs, _ pulumi.IntOutput, text pulumi.StringOutput) {
			a.Api.AllowOrigin = text
		}),
	} {
		t.Run(want, func(t *testing.T) {
			require.ErrorContains(t, (&cloud{}).run(program), `order-patterns:components:FanOut "fanout": `+want)
		})
	}
}

// An output may resolve to nil, such as an optional output of another resource.
func TestAnOutputWithoutAValueIsNotSet(t *testing.T) {
	none := pulumi.IntPtrFromPtr(nil)
	c := fanOut(t, func(a *components.FanOutArgs) {
		nothing := pulumi.ToOutput((*int)(nil)).ApplyT(func(any) *int { return nil }).(pulumi.IntPtrOutput)
		a.Orders.Functions = map[string]components.Function{"store-order": {MemoryMB: nothing, ReservedConcurrency: nothing, TimeoutSeconds: none}}
	})
	has(t, c.inputs(t, functionType, "fanout-store-order"), map[string]any{"memorySize": 512.0, "timeout": 30.0, "reservedConcurrentExecutions": nil})
}

func TestAnExplicitZeroIsUsedOrRefused(t *testing.T) {
	c := eventStream(t, func(a *components.EventStreamArgs) {
		a.Orders.Functions = map[string]components.Function{"append-order": {ReservedConcurrency: pulumi.Int(0)}}
		a.Orders.ProjectReader.MaximumRetryAttempts = pulumi.Int(0)
		a.Orders.ProjectReader.BatchingWindowSeconds = pulumi.Int(0)
	})
	has(t, c.inputs(t, functionType, "eventstream-append-order"), map[string]any{"reservedConcurrentExecutions": 0.0})
	has(t, c.inputs(t, mappingType, "eventstream-project-order-mapping"), map[string]any{
		"maximumRetryAttempts": 0.0, "maximumBatchingWindowInSeconds": 0.0})

	zero := pulumi.Int(0)
	refuses(t, components.NewEventStream, "EventStream", "eventstream", &components.EventStreamArgs{
		Authorizer: open,
		Common:     components.Common{Packages: packages(t, elf.EM_AARCH64), LogRetentionDays: zero},
		Stream:     components.StreamSettings{Shards: zero, RetentionHours: zero},
		Orders: &components.EventStreamOrders{
			Functions:     map[string]components.Function{"append-order": {MemoryMB: zero, TimeoutSeconds: zero}},
			ProjectReader: components.ReaderSettings{BatchSize: zero, ParallelizationFactor: zero, MaximumRecordAgeSeconds: zero},
		},
		Api: components.ApiSettings{RateLimit: zero, BurstLimit: zero},
	}, []string{
		"Common.LogRetentionDays: must be one of", "Orders.Functions.append-order.MemoryMB: must be from 128", "Orders.Functions.append-order.TimeoutSeconds: must be from 1", "Stream.Shards: must be from 1",
		"Stream.RetentionHours: must be from 24", "Orders.ProjectReader.BatchSize: must be from 1", "Orders.ProjectReader.ParallelizationFactor: must be from 1",
		"Orders.ProjectReader.MaximumRecordAgeSeconds: must be from 60", "Api.RateLimit: must be from 1", "Api.BurstLimit: must be from 1",
	})
}

func TestAComponentThatIsRefusedIsNil(t *testing.T) {
	require.Error(t, (&cloud{}).run(func(ctx *pulumi.Context) error {
		c, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: components.Common{Packages: "/nowhere"}})
		require.Nil(t, c)
		return err
	}))
}

func TestTheCallersOptionsAreNotChanged(t *testing.T) {
	options := make([]pulumi.ResourceOption, 1, 8)
	options[0] = pulumi.Protect(false)
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)}, options...)
		return err
	}))
	for _, o := range options[:cap(options)][1:] {
		require.Nil(t, o)
	}
}

func TestTheNameOfAFunctionIsAnOutput(t *testing.T) {
	var name string
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		f, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)})
		if err != nil {
			return err
		}
		f.Functions.Name("store-order").ApplyT(func(s string) error {
			name = s
			return nil
		})
		return nil
	}))
	require.Equal(t, "name:function/fanout-store-order", name)
}
