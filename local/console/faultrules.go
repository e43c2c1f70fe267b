package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

// ofLambda are the actions that Lambda performs with the role of a function, beside those of the function itself.
var ofLambda = []string{
	"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
	"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
	"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:SubscribeToShard",
}

// hitsOf returns which events a fault is about.
func hitsOf(f *injected, n *Node) func(fault.Event) bool {
	// That a role may start an execution or invoke a function is one question; what else there is about either is no call.
	only := map[string]string{kindFunction: "lambda:InvokeFunction", kindMachine: "states:Start*"}[n.Kind]
	at := n.ID
	if n.Kind == kindAPI {
		at = account.ARN("execute-api", n.deployed.ID)
	}
	return func(e fault.Event) bool {
		switch {
		case f.Kind == faultKill:
			return strings.Contains(e.Principal, ":assumed-role/") && strings.HasSuffix(e.Principal, "/"+n.Resource) && !slices.Contains(ofLambda, e.Action)
		case e.Resource != at && !strings.HasPrefix(e.Resource, at+"/"): // such as the key of an object, or the index of a table
			return false
		case f.Action == "" && (only != "" && !policy.Match(only, e.Action) || e.Action == kinesis.RecordAction):
			return false
		case strings.HasPrefix(e.Principal, account.GlobalARN("iam", "user/")) && n.Kind != kindAPI:
			return false
		}
		// Lambda needs no permission to invoke a function for a mapping.
		return f.Kind != faultDeny || e.Principal != "lambda.amazonaws.com" || n.Kind != kindFunction
	}
}

// throttled are the errors of services that get too many calls. That of Step Functions is a common error:
// https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
var throttled = map[string]func(context.Context, fault.Event) error{
	kindFunction:    fails(lambda.Throttled()),
	kindMachine:     fails(wire.Errorf(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")),
	kindTopic:       sns.Throttled,
	kindQueue:       sqs.Throttled,
	kindDeadLetters: sqs.Throttled,
	kindStream: func(_ context.Context, e fault.Event) error {
		return kinesis.Throttled(e.Resource[strings.LastIndex(e.Resource, "/")+1:], "shardId-000000000000")
	},
	kindTable:  fails(dynamodb.Throttled()),
	kindBucket: fails(s3.Throttled()),
}

func fails(err error) func(context.Context, fault.Event) error {
	return func(context.Context, fault.Event) error { return err }
}

// faultOf returns what a fault does.
func (c *Console) faultOf(f *injected, n *Node) func(context.Context, fault.Event) error {
	switch f.Kind {
	case faultThrottle:
		return throttled[n.Kind]
	case faultDeny:
		return func(_ context.Context, e fault.Event) error {
			p := policy.Principal{Service: e.Principal}
			if strings.HasPrefix(e.Principal, "arn:") {
				p = policy.Principal{ARN: e.Principal, Policies: func() []*policy.Document { return nil }}
			}
			return &policy.DeniedError{Request: policy.Request{Principal: p, Action: e.Action, Resource: e.Resource}}
		}
	case faultKill:
		return func(context.Context, fault.Event) error {
			c.cloud.Lambda.Kill(n.Resource)
			return nil
		}
	}
	return func(ctx context.Context, _ fault.Event) error {
		select {
		case <-c.cloud.Account.Clock.After(time.Duration(f.DelayMs) * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
