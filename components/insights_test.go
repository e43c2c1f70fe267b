package components_test

import (
	"debug/elf"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

func TestLambdaInsightsIsAddedIfEnabled(t *testing.T) {
	const layer = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:23"
	const group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda-insights"
	report := allow(group, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
	report["Resource"] = append(report["Resource"].([]any), group+":*")
	each(t, common{auth: tokens, Common: components.Common{LambdaInsights: true}}, func(t *testing.T, pattern string, c *cloud) {
		for _, function := range append([]string{"api-" + authorizeCaller}, functions[pattern]...) {
			require.Equal(t, []any{layer}, c.inputs(t, functionType, pattern+"-"+function)["layers"])
			got, _ := grants(t, c, pattern+"-"+function)
			require.Empty(t, cmp.Diff(report, got["ReportInsights"]))
		}
	})
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		for _, function := range append([]string{"api-" + authorizeCaller}, functions[pattern]...) {
			require.Nil(t, c.inputs(t, functionType, pattern+"-"+function)["layers"])
			got, _ := grants(t, c, pattern+"-"+function)
			require.NotContains(t, got, "ReportInsights")
		}
	})
}

func TestTheLayerOfLambdaInsightsByRegionAndArchitecture(t *testing.T) {
	for _, where := range []struct {
		partition, region string
		processor         elf.Machine
		named             string
		want, refused     string
	}{
		{region: "us-east-2", processor: elf.EM_AARCH64, want: "arn:aws:lambda:us-east-2:580247275435:layer:LambdaInsightsExtension-Arm64:25"},
		{region: "us-east-2", processor: elf.EM_X86_64, want: "arn:aws:lambda:us-east-2:580247275435:layer:LambdaInsightsExtension:56"},
		{region: "af-south-1", processor: elf.EM_AARCH64, want: "arn:aws:lambda:af-south-1:012438385374:layer:LambdaInsightsExtension-Arm64:21"},
		{partition: "aws-cn", region: "cn-north-1", processor: elf.EM_X86_64, want: "arn:aws-cn:lambda:cn-north-1:488211338238:layer:LambdaInsightsExtension:46"},
		{partition: "aws-us-gov", region: "us-gov-west-1", processor: elf.EM_AARCH64, want: "arn:aws-us-gov:lambda:us-gov-west-1:751350123760:layer:LambdaInsightsExtension-Arm64:6"},
		{region: "me-central-1", processor: elf.EM_AARCH64, refused: "Common.LambdaInsights: AWS lists no layer for arm64 in me-central-1: set LambdaInsightsLayerArn"},
		{
			region: "me-central-1", processor: elf.EM_AARCH64, named: "arn:aws:lambda:me-central-1:732604637566:layer:LambdaInsightsExtension-Arm64:1",
			want: "arn:aws:lambda:me-central-1:732604637566:layer:LambdaInsightsExtension-Arm64:1",
		},
	} {
		c := &cloud{partition: where.partition, region: where.region}
		err := c.run(func(ctx *pulumi.Context) error {
			args := &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: components.Common{Packages: packages(t, where.processor), LambdaInsights: true}}
			if where.named != "" {
				args.Common.LambdaInsightsLayerArn = pulumi.String(where.named)
			}
			_, err := components.NewFanOut(ctx, "fanout", args)
			return err
		})
		if where.refused != "" {
			require.ErrorContains(t, err, where.refused)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []any{where.want}, c.inputs(t, functionType, "fanout-store-order")["layers"])
	}
}
