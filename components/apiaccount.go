package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ApiAccount is API Gateway's setting of an AWS account in a Region that names the role with which all its APIs there
// write logs. There is one such setting, whoever made it, and no API can write access logs without it; so exactly one
// stack should own it, and in an account where it is set already none of ours should:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
type ApiAccount struct {
	pulumi.ResourceState

	account *apigateway.Account
}

// NewApiAccount registers the setting and its role.
func NewApiAccount(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*ApiAccount, error) {
	a := &ApiAccount{}
	if err := ctx.RegisterComponentResource("order-patterns:components:ApiAccount", name, a, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(a)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust("apigateway.amazonaws.com")),
	}, parent)
	if err != nil {
		return nil, err
	}
	// API Gateway accepts the role only with the permissions of this managed policy, on all log groups, because the
	// role serves every API of the Region.
	push, err := iam.NewRolePolicyAttachment(ctx, name+"-push-logs", &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
	}, parent)
	if err != nil {
		return nil, err
	}
	a.account, err = apigateway.NewAccount(ctx, name, &apigateway.AccountArgs{
		CloudwatchRoleArn: role.Arn,
	}, parent, pulumi.DependsOn([]pulumi.Resource{push}))
	if err != nil {
		return nil, err
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"roleArn": role.Arn})
}
