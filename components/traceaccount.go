package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/xray"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TraceAccount is X-Ray's permission, of an AWS account in a Region, for the account's SNS topics to record traces. Without it
// a topic passes a trace on, and its own part is missing.
//
// An account has at most five such policies in a Region, so one stack should make one for all:
// https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html
// The name of the policy begins with that of the project and the stack. So a second stack that makes one does not change this one,
// and does not delete it.
type TraceAccount struct {
	pulumi.ResourceState

	// PolicyName is the name of the policy.
	PolicyName pulumi.StringOutput `pulumi:"policyName"`
}

const traceAccountType = "order-patterns:components:TraceAccount"

// TraceAccountArgs configure a TraceAccount: there is nothing to set.
type TraceAccountArgs struct{}

func (args *TraceAccountArgs) resolve(*validator) shared { return shared{} }

// NewTraceAccount registers the permission.
func NewTraceAccount(ctx *pulumi.Context, name string, args *TraceAccountArgs, opts ...pulumi.ResourceOption) (*TraceAccount, error) {
	a := &TraceAccount{}
	return register(ctx, traceAccountType, name, a, args, a.build, opts...)
}

// Outputs are the permission's fields.
func (a *TraceAccount) Outputs() pulumi.Map { return outputs(a) }

// build allows what AWS documents, to all topics of the account and Region:
// https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
func (a *TraceAccount) build(b *builder, _ *TraceAccountArgs) error {
	is := b.identity()
	record := statement{
		sid: "TopicsRecord", principal: "sns.amazonaws.com",
		actions:   []string{"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"},
		resources: []pulumi.StringInput{pulumi.String("*")}, // X-Ray has no others
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
