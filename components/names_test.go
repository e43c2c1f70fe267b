package components_test

import (
	"debug/elf"
	"errors"
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

// A child's name and type are its identity: a change replaces a table, or a queue with orders in it, in every existing
// stack. So a change of these lists is a breaking change.
func TestChildrenKeepTheirNamesTypesAndParents(t *testing.T) {
	for name, program := range map[string]pulumi.RunFunc{
		"fanout": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account")
			if err != nil {
				return err
			}
			_, err = components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Common: inFolder(t), Api: components.ApiSettings{AccessLogs: true, AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"orchestrator": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account")
			if err != nil {
				return err
			}
			_, err = components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{
				Common: inFolder(t), NotifyEmail: pulumi.String("orders@example.com"),
				Api: components.ApiSettings{AccessLogs: true, AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"eventstream": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account")
			if err != nil {
				return err
			}
			_, err = components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{
				Common: inFolder(t), InvoiceReader: components.ReaderSettings{EnhancedFanOut: true},
				Api: components.ApiSettings{AccessLogs: true, AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"checker": func(ctx *pulumi.Context) error {
			account, err := components.NewApiAccount(ctx, "api-account")
			if err != nil {
				return err
			}
			_, err = components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{
				Common: inFolder(t), UsagePlan: components.UsagePlan{RequireApiKey: true},
				Api: components.ApiSettings{AccessLogs: true, AccountRoleArn: account.RoleArn},
			})
			return err
		},
		"orderapi": func(ctx *pulumi.Context) error {
			fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
			if err != nil {
				return err
			}
			ok := []components.Response{{Status: 200}}
			_, err = components.NewOrderApi(ctx, "api", &components.OrderApiArgs{Routes: []components.Route{
				{Method: "GET", Path: "/order/{orderId}/status", Function: target(fn), Responses: ok},
				{Method: "POST", Path: "/order", Function: target(fn), Responses: ok},
			}})
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
			_, err := components.NewFanOut(ctx, name, &components.FanOutArgs{Common: components.Common{Packages: folder}})
			return err
		},
		"orchestrator": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewOrchestrator(ctx, name, &components.OrchestratorArgs{Common: components.Common{Packages: folder}})
			return err
		},
		"eventstream": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventStream(ctx, name, &components.EventStreamArgs{Common: components.Common{Packages: folder}})
			return err
		},
		"checker": func(ctx *pulumi.Context, name string) error {
			_, err := components.NewCheckerPipeline(ctx, name, &components.CheckerPipelineArgs{Common: components.Common{Packages: folder}})
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
