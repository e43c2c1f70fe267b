package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// builder registers the children of one component: under names that begin with the component's, with its tags, and as its
// children.
type builder struct {
	shared
	ctx    *pulumi.Context
	name   string
	parent pulumi.ResourceOption

	functions []*function // those that were registered so far
}

// child is the name of a child.
func (b *builder) child(name string) string { return b.name + "-" + name }

// opts are the options of a child, and more.
func (b *builder) opts(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{b.parent}, more...)
}

// after are the options of a child that waits for others.
func (b *builder) after(others ...pulumi.Resource) []pulumi.ResourceOption {
	return b.opts(pulumi.DependsOn(others))
}

// protected are the options of a child that holds data.
func (b *builder) protected() []pulumi.ResourceOption {
	if b.deleteData {
		return b.opts()
	}
	return b.opts(pulumi.Protect(true))
}

func (b *builder) logGroup(name string) (*cloudwatch.LogGroup, error) {
	return cloudwatch.NewLogGroup(b.ctx, b.child(name), &cloudwatch.LogGroupArgs{
		RetentionInDays: b.logRetentionDays,
		Tags:            b.tags,
	}, b.opts()...)
}

// role makes a role that an AWS service assumes, and its policy.
func (b *builder) role(name, service string, statements ...statement) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(b.ctx, b.child(name+"-role"), &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust(service)),
		Tags:             b.tags,
	}, b.opts()...)
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.child(name+"-policy"), &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: allow(statements...),
	}, b.opts()...)
	return role, policy, err
}

// topic makes a topic that is encrypted with the key that AWS manages for SNS. SNS decrypts before it delivers, so
// subscribed queues need no permission for it.
func (b *builder) topic(name string) (*sns.Topic, error) {
	return sns.NewTopic(b.ctx, b.child(name), &sns.TopicArgs{
		KmsMasterKeyId: pulumi.String("alias/aws/sns"),
		Tags:           b.tags,
	}, b.opts()...)
}

// api makes the component's API.
func (b *builder) api(args OrderApiArgs) (*OrderApi, error) {
	args.Tags, args.LogRetentionDays = b.tags, b.logRetentionDays
	return NewOrderApi(b.ctx, b.child("api"), &args, b.opts()...)
}
