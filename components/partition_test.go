package components_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// An ARN begins with arn:aws-cn: in China and with arn:aws-us-gov: in GovCloud.
func TestEveryPartitionHasItsOwnARNs(t *testing.T) {
	folder := inFolder(t)
	for _, partition := range []string{"aws-cn", "aws-us-gov"} {
		t.Run(partition, func(t *testing.T) {
			c := &cloud{partition: partition}
			require.NoError(t, c.run(func(ctx *pulumi.Context) error {
				account, err := components.NewApiAccount(ctx, "api-account", nil)
				if err != nil {
					return err
				}
				api := components.ApiSettings{AccountRoleArn: account.RoleArn}
				if _, err = components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: folder, Api: api}); err != nil {
					return err
				}
				if _, err = components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{Orders: &components.OrchestratorOrders{}, Authorizer: open, Common: folder, Api: api}); err != nil {
					return err
				}
				if _, err = components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{Orders: &components.EventStreamOrders{}, Authorizer: open, Common: folder, Api: api}); err != nil {
					return err
				}
				_, err = components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: folder, Api: api})
				return err
			}))
			for key, r := range c.registered {
				require.NotContains(t, fmt.Sprint(r.Inputs.Mappable()), "arn:aws:", key)
			}
			// What the components write themselves.
			require.Equal(t, "arn:"+partition+":iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
				c.inputs(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "api-account-push-logs")["policyArn"])
			definition := c.inputs(t, machineType, "orchestrator")["definition"]
			require.Contains(t, definition, `"arn:`+partition+`:states:::lambda:invoke"`)
			require.Contains(t, definition, `"arn:`+partition+`:states:::sns:publish"`)
		})
	}
}

func TestAComponentLooksUpItsIdentityOnce(t *testing.T) {
	c := fanOut(t, nil)
	slices.Sort(c.calls)
	require.Equal(t, []string{
		"aws:index/getCallerIdentity:getCallerIdentity", "aws:index/getPartition:getPartition", "aws:index/getRegion:getRegion",
	}, c.calls)
}
