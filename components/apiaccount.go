package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ApiAccount is API Gateway's setting of an AWS account in a Region that names the role with which all its APIs there
// write logs. There is one such setting, whoever made it, and no API can write access logs without it. So exactly one
// stack should own it; an account where it is set already needs none:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
type ApiAccount struct {
	pulumi.ResourceState

	// RoleArn is the role with which API Gateway writes logs. It resolves when the setting is in place.
	RoleArn pulumi.StringOutput `pulumi:"roleArn"`
}

const apiAccountType = "order-patterns:components:ApiAccount"

// apiAccountArgs are none.
type apiAccountArgs struct{}

func (*apiAccountArgs) resolve(*validator) shared { return shared{} }

// NewApiAccount registers the setting and its role.
func NewApiAccount(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*ApiAccount, error) {
	a := &ApiAccount{}
	return register(ctx, apiAccountType, name, a, nil, a.build, opts...)
}

// Outputs are the setting's fields.
func (a *ApiAccount) Outputs() pulumi.Map { return outputs(a) }

func (a *ApiAccount) build(b *builder, _ *apiAccountArgs) error {
	role, err := iam.NewRole(b.ctx, b.child("role"), &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust("apigateway.amazonaws.com")),
	}, b.opts()...)
	if err != nil {
		return err
	}
	// API Gateway accepts the role only with the permissions of this managed policy, on all log groups, because the
	// role serves every API of the Region.
	push, err := iam.NewRolePolicyAttachment(b.ctx, b.child("push-logs"), &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
	}, b.opts()...)
	if err != nil {
		return err
	}
	account, err := apigateway.NewAccount(b.ctx, b.name, &apigateway.AccountArgs{CloudwatchRoleArn: role.Arn}, b.after(push)...)
	if err != nil {
		return err
	}
	a.RoleArn = account.CloudwatchRoleArn
	return nil
}
