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

	// RoleArn is the role with which API Gateway writes logs.
	RoleArn pulumi.StringOutput

	account *apigateway.Account
}

const apiAccountType = "order-patterns:components:ApiAccount"

// NewApiAccount registers the setting and its role.
func NewApiAccount(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*ApiAccount, error) {
	a := &ApiAccount{}
	build := func() error { return a.build(ctx, name) }
	return a, register(ctx, apiAccountType, name, a, build, opts...)
}

// Outputs are the setting's fields.
func (a *ApiAccount) Outputs() pulumi.Map { return pulumi.Map{"roleArn": a.RoleArn} }

func (a *ApiAccount) build(ctx *pulumi.Context, name string) error {
	parent := pulumi.Parent(a)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust("apigateway.amazonaws.com")),
	}, parent)
	if err != nil {
		return err
	}
	// API Gateway accepts the role only with the permissions of this managed policy, on all log groups, because the
	// role serves every API of the Region.
	push, err := iam.NewRolePolicyAttachment(ctx, name+"-push-logs", &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
	}, parent)
	if err != nil {
		return err
	}
	a.RoleArn = role.Arn
	a.account, err = apigateway.NewAccount(ctx, name, &apigateway.AccountArgs{
		CloudwatchRoleArn: role.Arn,
	}, parent, pulumi.DependsOn([]pulumi.Resource{push}))
	return err
}
