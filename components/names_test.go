package components_test

import (
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// A child's name and type are its identity. A change replaces the resource in every existing stack, such as a table, or a queue that holds
// orders. So a change of these lists is a breaking change.
func TestChildrenKeepTheirNamesTypesAndParents(t *testing.T) {
	for name, program := range map[string]pulumi.RunFunc{
		"fanout": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account", nil)
			if err != nil {
				return err
			}
			_, err = components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Orders: &components.FanOutOrders{}, Authorizer: open,
				Common: inFolder(t), Api: components.ApiSettings{AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"orchestrator": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account", nil)
			if err != nil {
				return err
			}
			_, err = components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{
				Orders: &components.OrchestratorOrders{}, Authorizer: open,
				Common: inFolder(t), NotifyEmail: pulumi.String("orders@example.com"),
				Api: components.ApiSettings{AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"eventstream": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account", nil)
			if err != nil {
				return err
			}
			_, err = components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{
				Authorizer: open, Common: inFolder(t),
				Orders: &components.EventStreamOrders{InvoiceReader: components.ReaderSettings{EnhancedFanOut: true}},
				Api:    components.ApiSettings{AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"checker": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account", nil)
			if err != nil {
				return err
			}
			_, err = components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{
				Orders: &components.CheckerPipelineOrders{}, Authorizer: open,
				Common: inFolder(t), UsagePlan: components.UsagePlan{RequireApiKey: true},
				Api: components.ApiSettings{AccountRoleArn: account.RoleArn},
			})
			return err
		},
		// Tasks of one's own, and a route that starts them.
		"tasks": func(ctx *pulumi.Context) error {
			_, err := components.NewOrchestrator(ctx, "pictures", pictureArgs())
			return err
		},
		"orderapi": func(ctx *pulumi.Context) error {
			fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
			if err != nil {
				return err
			}
			ok := []components.Response{{Status: 200}}
			_, err = components.NewOrderApi(ctx, "api", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
				{Method: "GET", Path: "/order/{orderId}/status", Function: target(fn), Responses: ok},
				{Method: "POST", Path: "/order", Function: target(fn), Responses: ok},
			}})
			return err
		},
		// The children that an authorizer of tokens, a domain name and a web ACL add.
		"edges": func(ctx *pulumi.Context) error {
			_, err := components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{
				Orders: &components.OrchestratorOrders{}, Authorizer: tokens, Common: inFolder(t), Api: components.ApiSettings{
					DomainName: pulumi.String("orders.example.com"), CertificateArn: pulumi.String(certificate), HostedZoneId: pulumi.String("Z1"),
					WebAclArn: pulumi.String(webACL), AllowedCidrs: pulumi.StringArray{pulumi.String("192.0.2.0/24")},
				},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cloud{}
			require.NoError(t, c.run(program))
			var lines []string
			for key, r := range c.registered {
				parent := resource.URN(r.RegisterRPC.GetParent())
				lines = append(lines, key+" < "+parent.Name())
			}
			slices.Sort(lines)
			got := strings.Join(lines, "\n") + "\n"
			golden := filepath.Join("testdata", name+".golden")
			if *components.Update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestTwoComponentsOfAKindFitInOneStack(t *testing.T) {
	folder := packages(t, elf.EM_AARCH64)
	for kind, register := range map[string]func(ctx *pulumi.Context, name string) error{
		"fanout": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFanOut(ctx, name, &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: components.Common{Packages: folder}})
			return err
		},
		"orchestrator": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewOrchestrator(ctx, name, &components.OrchestratorArgs{Orders: &components.OrchestratorOrders{}, Authorizer: open, Common: components.Common{Packages: folder}})
			return err
		},
		"eventstream": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventStream(ctx, name, &components.EventStreamArgs{Orders: &components.EventStreamOrders{}, Authorizer: open, Common: components.Common{Packages: folder}})
			return err
		},
		"checker": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewCheckerPipeline(ctx, name, &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: components.Common{Packages: folder}})
			return err
		},
	} {
		t.Run(kind, func(t *testing.T) {
			c := &cloud{}
			require.NoError(t, c.run(func(ctx *pulumi.Context) error {
				return errors.Join(register(ctx, "one"), register(ctx, "two"))
			}))
			for _, key := range slices.Collect(maps.Keys(c.registered)) {
				if before, ok := strings.CutSuffix(key, " one"); ok {
					require.Contains(t, c.registered, before+" two")
				}
				require.Regexp(t, ` (one|two)(-|$)`, key)
			}
		})
	}
}

// nameLimits are the longest names that AWS accepts, by the type of the resource; 0 for types without a name.
var nameLimits = map[string]int{
	"aws:iam/role:Role":                64, // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	"aws:iam/rolePolicy:RolePolicy":    128,
	functionType:                       64,  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
	"aws:lambda/permission:Permission": 100, // https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
	queueType:                          80,  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
	topicType:                          256, // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
	tableType:                          255, // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
	bucketType:                         63,  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	streamType:                         128, // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
	"aws:kinesis/streamConsumer:StreamConsumer": 128,
	machineType:   80,  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
	logGroupType:  512, // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
	alarmType:     255, // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
	queryType:     255, // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
	restAPIType:   255, // the provider's own limit; API Gateway has a higher one
	usagePlanType: 255,
	apiKeyType:    255,
}

// Without this check, a name that is too long for a child would fail in the middle of a deployment.
func TestTheLongestNameFitsEveryChild(t *testing.T) {
	folder := inFolder(t)
	route := func(r components.Route) *components.OrderApiArgs {
		return &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{r}}
	}
	function := components.Route{Method: "GET", Path: "/order/{orderId}/status", Responses: []components.Response{{Status: 200}},
		Function: &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")}}
	execution := components.Route{Method: "POST", Path: "/order", Body: `{"type": "object"}`,
		Responses: []components.Response{{Status: 202}, {Status: 413}, {Status: 500}, {Status: 503}},
		Execution: &components.Execution{StateMachineArn: pulumi.String(machine("m")), IdPath: "$.id"}}
	for _, kind := range []struct {
		name     string
		longest  int
		register func(ctx *pulumi.Context, name string) error
	}{
		{"ApiAccount", 51, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewApiAccount(ctx, name, nil)
			return err
		}},
		{"FanOut", 37, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFanOut(ctx, name, &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: folder})
			return err
		}},
		{"Orchestrator", 30, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewOrchestrator(ctx, name, &components.OrchestratorArgs{Orders: &components.OrchestratorOrders{}, Authorizer: open, Common: folder})
			return err
		}},
		{"EventStream", 37, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventStream(ctx, name, &components.EventStreamArgs{
				Authorizer: open, Common: folder,
				Orders: &components.EventStreamOrders{ProjectReader: components.ReaderSettings{EnhancedFanOut: true}}})
			return err
		}},
		{"CheckerPipeline", 34, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewCheckerPipeline(ctx, name, &components.CheckerPipelineArgs{
				Orders: &components.CheckerPipelineOrders{}, Authorizer: open,
				Common: folder, UsagePlan: components.UsagePlan{RequireApiKey: true}})
			return err
		}},
		{"FanOut with tokens", 30, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFanOut(ctx, name, &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: tokens, Common: folder})
			return err
		}},
		{"CheckerPipeline with tokens", 30, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewCheckerPipeline(ctx, name, &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: tokens, Common: folder})
			return err
		}},
		{"FanOut of one's own", 36, func(ctx *pulumi.Context, name string) error { // NAME-get-picture-id-role-1234567
			args, _ := pictures(t)
			_, err := components.NewFanOut(ctx, name, args)
			return err
		}},
		{"EventStream of one's own", 36, func(ctx *pulumi.Context, name string) error {
			_, args := pictures(t)
			_, err := components.NewEventStream(ctx, name, args)
			return err
		}},
		{"FanOut with a long path", 17, func(ctx *pulumi.Context, name string) error { // NAME-api-invoke-get-pp...-1234567
			args, _ := pictures(t)
			args.Routes = []components.Route{{
				Method: "GET", Path: "/" + strings.Repeat("p", 59),
				Function: &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")},
			}}
			_, err := components.NewFanOut(ctx, name, args)
			return err
		}},
		{"OrderApi with tokens", 34, func(ctx *pulumi.Context, name string) error {
			args := route(function)
			args.Authorizer, args.Common = tokens, folder
			_, err := components.NewOrderApi(ctx, name, args)
			return err
		}},
		{"OrderApi of a function", 60, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewOrderApi(ctx, name, route(function))
			return err
		}},
		{"OrderApi of a state machine", 34, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewOrderApi(ctx, name, route(execution))
			return err
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			c := &cloud{}
			longest := strings.Repeat("n", kind.longest)
			require.NoError(t, c.run(func(ctx *pulumi.Context) error { return kind.register(ctx, longest) }))
			full := false // whether the name of a child has the maximum length
			for key, r := range c.registered {
				limit := nameLimits[r.TypeToken]
				if name, given := r.Inputs["name"]; given && name.IsString() {
					require.LessOrEqual(t, len(name.StringValue())+8, limit, key)
					continue
				}
				if limit == 0 {
					continue
				}
				// A hyphen and seven digits follow.
				require.LessOrEqual(t, len(r.Name)+8, limit, key)
				full = full || len(r.Name)+8 == limit
			}
			require.True(t, full, "a longer name would fit too")

			c = &cloud{}
			err := c.run(func(ctx *pulumi.Context) error { return kind.register(ctx, longest+"n") })
			require.ErrorContains(t, err, fmt.Sprintf(": name: must have at most %d characters, so that AWS accepts the names of all children, got %d",
				kind.longest, kind.longest+1))
			require.Empty(t, c.registered)
		})
	}
}

func TestANameWithOtherCharactersIsRefused(t *testing.T) {
	for _, name := range []string{"my orders", "orders.eu", "bestellungen/ä", "my_orders"} {
		refuses(t, components.NewFanOut, "FanOut", name, &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)}, []string{"name: must have letters, digits and hyphens only, got "})
	}
	refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "my orders", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: inFolder(t)},
		[]string{"name: must have letters, digits, hyphens and underscores only, got "})
	// A pipeline has no bucket, whose names are the strictest.
	deploy(t, components.NewCheckerPipeline, "my_orders", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: inFolder(t)}, nil)
}
