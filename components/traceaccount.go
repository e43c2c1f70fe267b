package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/xray"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TraceAccount is a resource policy of X-Ray, for an AWS account in a Region. It allows the account's SNS topics to record traces. Without
// it a topic passes a trace on, but its own segment is missing.
//
// An account has at most five such policies in a Region, so one stack should create one for all topics:
// https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html
// The name of the policy begins with the project and the stack. So a second stack with a TraceAccount neither changes nor deletes this
// policy.
type TraceAccount struct {
	pulumi.ResourceState

	// PolicyName is the name of the policy.
	PolicyName pulumi.StringOutput `pulumi:"policyName"`
}

const traceAccountType = "order-patterns:components:TraceAccount"

// TraceAccountArgs are the arguments of a TraceAccount. It has none.
type TraceAccountArgs struct{}

func (args *TraceAccountArgs) resolve(*validator) shared { return shared{} }

// NewTraceAccount registers the policy.
func NewTraceAccount(ctx *pulumi.Context, name string, args *TraceAccountArgs, opts ...pulumi.ResourceOption) (*TraceAccount, error) {
	a := &TraceAccount{}
	return register(ctx, traceAccountType, name, a, args, a.build, opts...)
}

// Outputs returns the outputs by name.
func (a *TraceAccount) Outputs() pulumi.Map { return outputs(a) }

// build creates the policy that AWS documents, for all topics of the account and Region:
// https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
func (a *TraceAccount) build(b *builder, _ *TraceAccountArgs) error {
	is := b.identity()
	record := statement{
		sid: "TopicsRecord", principal: "sns.amazonaws.com",
		actions:   []string{"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"},
		resources: []pulumi.StringInput{pulumi.String("*")}, // X-Ray supports no other resources here
		conditions: []condition{
			{"StringEquals", "aws:SourceAccount", is.account},
			{"StringLike", "aws:SourceArn", pulumi.Sprintf("arn:%s:sns:%s:%s:*", is.partition, is.region, is.account)},
		},
	}
	policy, err := xray.NewResourcePolicy(b.ctx, b.name, &xray.ResourcePolicyArgs{
		PolicyName:     pulumi.String(b.ctx.Project() + "-" + b.ctx.Stack() + "-" + b.name),
		PolicyDocument: policyOf(record),
	}, b.opts()...)
	if err != nil {
		return err
	}
	a.PolicyName = policy.PolicyName
	return nil
}
