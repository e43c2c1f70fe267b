package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// taskGraceSeconds is how much longer the machine waits for a function than the function's own timeout, whose error
// says more.
const taskGraceSeconds = 5

// newStateMachine makes the machine with its log group and its role, which may run these functions, publish to this
// topic, and write logs and traces.
func (o *Orchestrator) newStateMachine(ctx *pulumi.Context, name string, args *OrchestratorArgs, tasks map[string]*function, topic *sns.Topic) (*sfn.StateMachine, error) {
	parent := pulumi.Parent(o)
	tags := pulumi.ToStringMap(args.Api.Tags)
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-executions", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.Api.LogRetentionDays), Tags: tags,
	}, parent)
	if err != nil {
		return nil, err
	}
	role, err := iam.NewRole(ctx, name+"-machine-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust("states.amazonaws.com")), Tags: tags,
	}, parent)
	if err != nil {
		return nil, err
	}
	var arns []pulumi.StringInput
	var inputs []any
	for _, pkg := range taskFunctions {
		arns = append(arns, tasks[pkg].Arn)
		inputs = append(inputs, tasks[pkg].Arn)
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-machine-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: allow(
			statement{sid: "RunTasks", actions: []string{"lambda:InvokeFunction"}, resources: arns},
			statement{sid: "Notify", actions: []string{"sns:Publish"}, resources: []pulumi.StringInput{topic.Arn}},
			statement{
				sid:     "WriteTraces",
				actions: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"},
				// X-Ray has no resources that these actions could be limited to:
				// https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
				resources: []pulumi.StringInput{pulumi.String("*")},
			},
			statement{
				sid: "DeliverLogs",
				actions: []string{
					"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
					"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
				},
				// CloudWatch Logs has no resources that log deliveries could be limited to:
				// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
				resources: []pulumi.StringInput{pulumi.String("*")},
			},
		),
	}, parent)
	if err != nil {
		return nil, err
	}
	inputs = append(inputs, topic.Arn)
	definition := pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		var texts []string
		for _, v := range values {
			text, ok := v.(string)
			if !ok || text == "" {
				return "", fmt.Errorf("state machine: an ARN is missing, got %v", v)
			}
			texts = append(texts, text)
		}
		return orderMachine(orderMachineArgs{
			storeOrder: texts[0], writeInvoice: texts[1], takeBackOrder: texts[2], topic: texts[3],
			taskTimeoutSeconds: args.Task.TimeoutSeconds + taskGraceSeconds,
			express:            args.Express,
		}).definition()
	}).(pulumi.StringOutput)
	kind := "STANDARD"
	if args.Express {
		kind = "EXPRESS"
	}
	stateMachine, err := sfn.NewStateMachine(ctx, name, &sfn.StateMachineArgs{
		Definition: definition,
		RoleArn:    role.Arn,
		Type:       pulumi.String(kind),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level:                pulumi.String(args.LogLevel),
			IncludeExecutionData: pulumi.Bool(args.LogData),
			LogDestination:       pulumi.Sprintf("%s:*", logs.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(true)},
		Tags:                 tags,
	}, parent, pulumi.DependsOn([]pulumi.Resource{policy}))
	o.logGroup, o.roleName = logs.Name, role.Name
	return stateMachine, err
}
