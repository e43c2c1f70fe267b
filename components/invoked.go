package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	asyncRetries         = 2           // the maximum of retries of an asynchronous invocation
	asyncEventAgeSeconds = 6 * 60 * 60 // the maximum age of an event
)

// invoked creates a function that another function invokes, and a queue. The queue receives a message about each asynchronous invocation
// that failed for good: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (b *builder) invoked(spec functionSpec) (*function, *sqs.Queue, error) {
	failures, report, err := b.failures(spec.name + "-failures")
	if err != nil {
		return nil, nil, err
	}
	spec.allow = append(spec.allow, report)
	fn, err := b.function(spec)
	if err != nil {
		return nil, nil, err
	}
	_, err = lambda.NewFunctionEventInvokeConfig(b.ctx, b.child(spec.name+"-invocations"), &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             fn.Name,
		MaximumRetryAttempts:     pulumi.Int(asyncRetries),
		MaximumEventAgeInSeconds: pulumi.Int(asyncEventAgeSeconds),
		DestinationConfig: &lambda.FunctionEventInvokeConfigDestinationConfigArgs{
			OnFailure: &lambda.FunctionEventInvokeConfigDestinationConfigOnFailureArgs{Destination: failures.Arn},
		},
	}, b.after(fn.policy)...)
	return fn, failures, err
}
