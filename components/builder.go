package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// builder registers the children of one component: under names that begin with the component's, with its tags, and as its
// children.
type builder struct {
	shared
	watched
	ctx     *pulumi.Context
	name    string
	pattern string // the name of the whole pattern, of which this may be a part
	orders  bool   // whether the whole pattern is our example
	parent  pulumi.ResourceOrInvokeOption

	functions []*function // those that were registered so far
	where     *identity   // nil until it was looked up
	key       *key        // nil if AWS's keys encrypt
	keyPolicy pulumi.StringOutput
}

// identity is where a component is deployed, as its provider says.
type identity struct{ partition, region, account pulumi.StringOutput }

// identity looks up where the component is deployed, once.
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
	if b.key != nil {
		b.key.logGroups = append(b.key.logGroups, "log-group:"+b.child(name)+"-*")
	}
	return cloudwatch.NewLogGroup(b.ctx, b.child(name), &cloudwatch.LogGroupArgs{
		KmsKeyId:        b.kmsKey(),
		RetentionInDays: b.logRetentionDays,
		Tags:            b.tags,
	}, b.opts()...)
}

// role makes a role that an AWS service assumes, and its policy.
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

// topic makes a topic. It refuses what is published without TLS:
// https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html#enforce-encryption-data-in-transit
//
// The key that AWS manages for SNS is not used. Its policy cannot be changed, so that no AWS service, such
// as CloudWatch or EventBridge, could publish to the topic:
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
//
// SNS adds a segment of its own to a trace if X-Ray lets it: see [TraceAccount]. It passes the trace on in any case.
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

// newTopic makes a topic, whose policy allow may add a statement to.
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

// api makes the component's API with more routes, whose functions publish like publisher; nil without any route. Its functions are
// then also those of the component, which has its alarms, too.
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
