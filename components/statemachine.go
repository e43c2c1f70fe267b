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

// taskGraceSeconds is how much longer the machine waits for a function than the function's own timeout. So the function's timeout error,
// which says more, comes first.
const taskGraceSeconds = 5

// machineRun is what a machine runs, and how.
type machineRun struct {
	functions []*function
	timeouts  []pulumi.IntPtrInput // timeouts of the functions, in the same order
	// machine returns the definition, once the functions' ARNs and timeouts (in seconds) are known.
	machine func(targets machineTargets, arns []string, timeouts []int) machine
	// routes returns the routes of the API that start the machine.
	routes func(machineARN pulumi.StringInput) []Route
}

// definition renders the definition of the machine.
func (run machineRun) definition(b *builder, express bool, topic *sns.Topic, failures *sqs.Queue) pulumi.StringOutput {
	inputs := []any{b.identity().partition, topic.Arn, failures.Url}
	for _, fn := range run.functions {
		inputs = append(inputs, fn.Arn)
	}
	texts := len(inputs)
	for _, seconds := range run.timeouts {
		inputs = append(inputs, intOf(seconds))
	}
	return pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		arns, timeouts := make([]string, texts), make([]int, len(run.timeouts))
		for i, v := range values[:texts] {
			if arns[i], _ = v.(string); arns[i] == "" {
				return "", fmt.Errorf("state machine: an ARN or URL is missing, got %v", v)
			}
		}
		for i, v := range values[texts:] {
			timeouts[i] = v.(int)
		}
		targets := machineTargets{partition: arns[0], topic: arns[1], failureQueue: arns[2], express: express}
		return run.machine(targets, arns[3:], timeouts).definition()
	}).(pulumi.StringOutput)
}

// stateMachine creates the machine with its log group and its role. The role may invoke the machine's functions, publish to the topic, send
// to the failure queue, and write logs and traces.
func (o *Orchestrator) stateMachine(b *builder, args *OrchestratorArgs, run machineRun, topic *sns.Topic, failures *sqs.Queue, report statement) (*sfn.StateMachine, error) {
	runTasks := statement{sid: "RunTasks", actions: []string{"lambda:InvokeFunction"}}
	for _, fn := range run.functions {
		runTasks.resources = append(runTasks.resources, fn.Arn)
	}
	role, policy, err := b.role("machine", statesService,
		runTasks,
		may("Notify", topic.Arn, "sns:Publish"),
		report,
		// X-Ray does not support resource-level permissions for these actions:
		// https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
		may("WriteTraces", pulumi.String("*"),
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
		// CloudWatch Logs does not support resource-level permissions for log deliveries:
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
	kind := "STANDARD"
	if args.Express {
		kind = "EXPRESS"
	}
	o.ExecutionLogs, o.MachineRoleName = logs.Name, role.Name
	machine, err := sfn.NewStateMachine(b.ctx, b.name, &sfn.StateMachineArgs{
		Definition: run.definition(b, args.Express, topic, failures),
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

// executionLogs creates the log group of executions. Log delivery adds each log group to a resource policy of the account, which has at
// most 5,120 characters. Groups with this prefix are excepted: https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
//
// The group is named after the role, whose name has a random suffix, so that two stacks do not use the same group. A changed name would
// replace the group and delete its events, so changes of the name are ignored.
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
