package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ApiAccount is the API Gateway account setting of a Region. It names the role with which all REST APIs of the account in that Region write
// logs. An account has one such setting per Region, and no REST API can write access logs without it. So exactly one stack should own it.
// An account where the setting exists needs no ApiAccount: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
type ApiAccount struct {
	pulumi.ResourceState

	// RoleArn is the ARN of the role with which API Gateway writes logs. It resolves once the setting exists.
	RoleArn pulumi.StringOutput `pulumi:"roleArn"`
}

const apiAccountType = "order-patterns:components:ApiAccount"

// ApiAccountArgs are the arguments of an ApiAccount.
type ApiAccountArgs struct {
	// Tags are the tags of the role.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

func (args *ApiAccountArgs) resolve(v *validator) shared {
	v.child(roleName, "role")
	return shared{tags: v.tags("Tags", args.Tags)}
}

// NewApiAccount registers the setting and its role. It validates the arguments before it registers anything.
func NewApiAccount(ctx *pulumi.Context, name string, args *ApiAccountArgs, opts ...pulumi.ResourceOption) (*ApiAccount, error) {
	a := &ApiAccount{}
	return register(ctx, apiAccountType, name, a, args, a.build, opts...)
}

// Outputs returns the outputs by name.
func (a *ApiAccount) Outputs() pulumi.Map { return outputs(a) }

func (a *ApiAccount) build(b *builder, _ *ApiAccountArgs) error {
	role, err := iam.NewRole(b.ctx, b.child("role"), &iam.RoleArgs{
		AssumeRolePolicy: b.trust(apiGatewayService),
		Tags:             b.tags,
	}, b.opts()...)
	if err != nil {
		return err
	}
	// API Gateway accepts the role only with the permissions of this managed policy, on all log groups. The role serves every API of the
	// Region.
	push, err := iam.NewRolePolicyAttachment(b.ctx, b.child("push-logs"), &iam.RolePolicyAttachmentArgs{
		Role: role.Name,
		PolicyArn: pulumi.Sprintf("arn:%s:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
			b.identity().partition),
	}, b.opts()...)
	if err != nil {
		return err
	}
	account, err := apigateway.NewAccount(b.ctx, b.name, &apigateway.AccountArgs{
		CloudwatchRoleArn: role.Arn,
		// Without this, the Region's setting would still name the role after the role was deleted.
		//lint:ignore SA1019 Version 6 of the AWS provider has no other way.
		ResetOnDelete: pulumi.Bool(true),
	}, b.after(push)...)
	if err != nil {
		return err
	}
	a.RoleArn = account.CloudwatchRoleArn
	return nil
}
