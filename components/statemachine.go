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

// machineRun is what a machine runs, and how.
type machineRun struct {
	functions []*function
	timeouts  []pulumi.IntPtrInput // of the functions, in their order
	// machine writes the machine, once the ARNs of the functions and their timeouts in seconds are known.
	machine func(targets machineTargets, arns []string, timeouts []int) machine
	// routes are those of the API that the machine has.
	routes func(machineARN pulumi.StringInput) []Route
}

// definition is that of the machine.
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

// stateMachine makes the machine with its log group and its role, which may run the machine's functions, publish to the topic,
// move what failed to the failure queue, and write logs and traces.
func (o *Orchestrator) stateMachine(b *builder, args *OrchestratorArgs, run machineRun, topic *sns.Topic, failures *sqs.Queue, report statement) (*sfn.StateMachine, error) {
	runTasks := statement{sid: "RunTasks", actions: []string{"lambda:InvokeFunction"}}
	for _, fn := range run.functions {
		runTasks.resources = append(runTasks.resources, fn.Arn)
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
