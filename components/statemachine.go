package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// taskGraceSeconds is how much longer the machine waits for a function than the function's own timeout, whose error
// says more.
const taskGraceSeconds = 5

// stateMachine makes the machine with its log group and its role, which may run the tasks' functions, publish to the topic,
// move what failed to the failure queue, and write logs and traces. tasks are in the order of taskFunctions.
func (o *Orchestrator) stateMachine(b *builder, args *OrchestratorArgs, tasks []*function, topic *sns.Topic, failures *sqs.Queue, report statement) (*sfn.StateMachine, error) {
	runTasks := statement{sid: "RunTasks", actions: []string{"lambda:InvokeFunction"}}
	inputs := []any{longestTask(args.Orders.Functions), b.identity().partition, topic.Arn, failures.Url}
	for _, task := range tasks {
		runTasks.resources = append(runTasks.resources, task.Arn)
		inputs = append(inputs, task.Arn)
	}
	role, policy, err := b.role("machine", statesService,
		runTasks,
		may("Notify", topic.Arn, "sns:Publish"),
		report,
		// X-Ray has no resources that these actions could be limited to:
		// https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
		may("WriteTraces", pulumi.String("*"),
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
		// CloudWatch Logs has no resources that log deliveries could be limited to:
		// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
		may("DeliverLogs", pulumi.String("*"),
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
	)
	if err != nil {
		return nil, err
	}
	logs, err := b.executionLogs(role)
	if err != nil {
		return nil, err
	}
	definition := pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		timeout, partition, targets := values[0].(int), values[1].(string), make([]string, len(values)-2)
		for i, v := range values[2:] {
			if targets[i], _ = v.(string); targets[i] == "" {
				return "", fmt.Errorf("state machine: an ARN or URL is missing, got %v", v)
			}
		}
		return orderMachine(orderMachineArgs{
			partition: partition, topic: targets[0], failureQueue: targets[1], storeOrder: targets[2], writeInvoice: targets[3], takeBackOrder: targets[4],
			taskTimeoutSeconds: timeout + taskGraceSeconds, express: args.Express, callers: args.Authorizer.Kind == AuthJwt,
		}).definition()
	}).(pulumi.StringOutput)
	kind := "STANDARD"
	if args.Express {
		kind = "EXPRESS"
	}
	o.ExecutionLogs, o.MachineRoleName = logs.Name, role.Name
	machine, err := sfn.NewStateMachine(b.ctx, b.name, &sfn.StateMachineArgs{
		Definition: definition,
		RoleArn:    role.Arn,
		Type:       pulumi.String(kind),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level:                args.LogLevel,
			IncludeExecutionData: args.LogData,
			LogDestination:       pulumi.Sprintf("%s:*", logs.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(true)},
		Tags:                 b.tags,
	}, b.after(policy)...)
	if err == nil {
		b.watchMachine(machine)
	}
	return machine, err
}

// longestTask is the longest timeout of the functions that the machine runs, in seconds.
func longestTask(ours functions) pulumi.IntOutput {
	var timeouts []any
	for _, name := range taskFunctions {
		timeouts = append(timeouts, intOf(ours[name].TimeoutSeconds))
	}
	return pulumi.All(timeouts...).ApplyT(func(v []any) (longest int) {
		for _, seconds := range v {
			longest = max(longest, seconds.(int))
		}
		return longest
	}).(pulumi.IntOutput)
}

// executionLogs makes the log group of executions. Log delivery lists each log group in one resource policy of the account,
// of 5,120 characters at most, except for groups with this prefix:
// https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
//
// The role's name has a random suffix, so that two stacks do not have the same log group. A change of the name would replace a
// log group, and lose its lines; so one that was made before keeps the name that it has.
func (b *builder) executionLogs(role *iam.Role) (*cloudwatch.LogGroup, error) {
	if b.key != nil {
		b.key.logGroups = append(b.key.logGroups, "log-group:/aws/vendedlogs/states/"+b.child("machine-role")+"-*")
	}
	return cloudwatch.NewLogGroup(b.ctx, b.child("executions"), &cloudwatch.LogGroupArgs{
		KmsKeyId:        b.kmsKey(),
		Name:            pulumi.Sprintf("/aws/vendedlogs/states/%s", role.Name),
		RetentionInDays: b.logRetentionDays,
		Tags:            b.tags,
	}, b.opts(pulumi.IgnoreChanges([]string{"name"}))...)
}
