package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// builder registers the children of one component. Their names begin with the component's name, and they get its tags.
type builder struct {
	shared
	watched
	ctx     *pulumi.Context
	name    string
	pattern string // the name of the outermost component
	orders  bool   // whether the outermost component has Orders
	parent  pulumi.ResourceOrInvokeOption

	functions []*function // registered so far
	where     *identity   // nil until it is looked up
	key       *key        // nil without a customer-managed key
	keyPolicy pulumi.StringOutput
}

// identity is where a component is deployed, as its provider reports it.
type identity struct{ partition, region, account pulumi.StringOutput }

// identity looks up once where the component is deployed.
func (b *builder) identity() identity {
	if b.where == nil {
		b.where = &identity{
			partition: aws.GetPartitionOutput(b.ctx, aws.GetPartitionOutputArgs{}, b.parent).Partition(),
			region:    aws.GetRegionOutput(b.ctx, aws.GetRegionOutputArgs{}, b.parent).Name(),
			account:   aws.GetCallerIdentityOutput(b.ctx, aws.GetCallerIdentityOutputArgs{}, b.parent).AccountId(),
		}
	}
	return *b.where
}

// child returns the name of a child.
func (b *builder) child(name string) string { return b.name + "-" + name }

// opts returns the options of a child.
func (b *builder) opts(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{b.parent}, more...)
}

// after returns the options of a child that depends on others.
func (b *builder) after(others ...pulumi.Resource) []pulumi.ResourceOption {
	return b.opts(pulumi.DependsOn(others))
}

// protected returns the options of a child that holds data.
func (b *builder) protected() []pulumi.ResourceOption {
	if b.deleteData {
		return b.opts()
	}
	return b.opts(pulumi.Protect(true))
}

func (b *builder) logGroup(name string) (*cloudwatch.LogGroup, error) {
	if b.key != nil {
		b.key.logGroups = append(b.key.logGroups, "log-group:"+b.child(name)+"-*")
	}
	return cloudwatch.NewLogGroup(b.ctx, b.child(name), &cloudwatch.LogGroupArgs{
		KmsKeyId:        b.kmsKey(),
		RetentionInDays: b.logRetentionDays,
		Tags:            b.tags,
	}, b.opts()...)
}

// role creates a role that an AWS service assumes, and its policy.
func (b *builder) role(name, service string, statements ...statement) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(b.ctx, b.child(name+"-role"), &iam.RoleArgs{
		AssumeRolePolicy: b.trust(service),
		Tags:             b.tags,
	}, b.opts()...)
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.child(name+"-policy"), &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: policyOf(append(statements, b.useKey(b.child(name+"-role"), service, statements)...)...),
	}, b.opts()...)
	return role, policy, err
}

// topic creates a topic, which refuses messages that are published without TLS:
// https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html#enforce-encryption-data-in-transit
//
// The key that AWS manages for SNS is not used. Its policy cannot be changed, and does not allow AWS services such as CloudWatch and
// EventBridge to publish to the topic: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
//
// SNS adds its own segment to a trace if X-Ray permits it: see [TraceAccount]. It passes the trace on in any case.
func (b *builder) topic(name string) (*sns.Topic, error) {
	if b.key != nil {
		b.key.topic = b.child(name)
	}
	topic, err := b.newTopic(name, nil)
	if err == nil {
		b.watchTopic(name, topic)
	}
	return topic, err
}

// newTopic creates a topic. allow may add a statement to its policy; it may be nil.
func (b *builder) newTopic(name string, allow func(*sns.Topic) statement) (*sns.Topic, error) {
	topic, err := sns.NewTopic(b.ctx, b.child(name), &sns.TopicArgs{
		KmsMasterKeyId: b.kmsKey(),
		TracingConfig:  pulumi.String("Active"),
		Tags:           b.tags,
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	statements := []statement{tlsOnly("sns:Publish", topic.Arn)}
	if allow != nil {
		statements = append(statements, allow(topic))
	}
	_, err = sns.NewTopicPolicy(b.ctx, b.child(name), &sns.TopicPolicyArgs{
		Arn: topic.Arn, Policy: policyOf(statements...),
	}, b.opts()...)
	return topic, err
}

// api creates the component's API with the routes in args and more. It returns nil if there are none. publisher says what functions of
// routes need to publish. The API's functions become functions of the component, so that its alarms cover them.
func (b *builder) api(args OrderApiArgs, more []Route, publisher functionSpec) (*OrderApi, error) {
	more, err := b.run(more, &args, publisher)
	if err != nil {
		return nil, err
	}
	if args.Routes = append(args.Routes, more...); len(args.Routes) == 0 {
		return nil, nil
	}
	args.Common = Common{
		Tags: b.tags, LogRetentionDays: b.logRetentionDays, KmsKeyArn: b.kmsKey(), Alarms: b.alarmArgs,
		LambdaInsights: b.insights.on, LambdaInsightsLayerArn: b.insights.layer,
	}
	if args.has(AuthJwt) {
		args.Common.Packages, args.Common.Zips, args.Common.Architecture = b.packages.folder, b.packages.zips, b.packages.architecture
		args.Common.CodeFromS3 = b.codeFromS3
		bucket, err := b.inBucket()
		if err != nil {
			return nil, err
		}
		if bucket != nil {
			args.Common.CodeBucket = bucket.ToStringOutput().ToStringPtrOutput()
		}
	}
	api := &OrderApi{pattern: b.pattern, orders: b.orders}
	api, err = register(b.ctx, orderApiType, b.child("api"), api, &args, api.build, b.opts()...)
	if err == nil {
		b.functions = append(b.functions, api.functions...)
		b.add(api.watched)
	}
	if err == nil && b.key != nil {
		b.key.add(api.key)
	}
	return api, err
}
