package components

import (
	"fmt"
	"net/mail"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrchestratorArgs are the arguments of an Orchestrator. An optional argument that is not set has a default for production use.
type OrchestratorArgs struct {
	Common Common `pulumi:"common,optional"`

	// Tasks are functions of your own that the state machine runs one after another. There can be 28 functions, including compensations.
	// Either Tasks or Orders is required.
	Tasks []Task `pulumi:"tasks,optional"`
	// Start is the route of the API that starts an execution of Tasks. Default: none; programs start executions of the state machine
	// Orchestrator.StateMachineArn, with any JSON as input.
	Start *StartRoute `pulumi:"start,optional"`
	// Routes are additional routes of the API. Without Start, Routes and Orders there is no API.
	Routes []Route `pulumi:"routes,optional"`
	// Orders adds the built-in example: coffee orders, which are stored and invoiced. An order that cannot be invoiced is removed again.
	// Default: none.
	Orders *OrchestratorOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required if there is an API.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Express creates a state machine of type EXPRESS instead of STANDARD. Its executions are cheaper and last at most five minutes. They
	// are started at least once: the same input may run twice, so tasks must be idempotent. Their only history is the log. They retry for
	// one or two minutes, and then move the input to the failure queue. The time is divided among the tasks. Executions of type STANDARD
	// are started exactly once, retry for more than a day, and have a history of 90 days. Default false.
	// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
	Express bool `pulumi:"express,optional"`
	// LogLevel is the level of the executions' log: ALL, ERROR, FATAL or OFF. Default [DefaultLogLevel].
	LogLevel pulumi.StringPtrInput `pulumi:"logLevel,optional"`
	// LogData includes the input and output of states in the log. They contain customers' data. Default false.
	LogData pulumi.BoolPtrInput `pulumi:"logData,optional"`

	// NotifyEmail is an address that gets a message about each execution that succeeds. Its owner must first confirm the subscription, by
	// the link in AWS's first message. Default: none.
	NotifyEmail pulumi.StringPtrInput `pulumi:"notifyEmail,optional"`

	// Api holds the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`

	start *Route // Start after validation
}

// Orchestrator is a REST API that starts a Step Functions state machine directly, without a Lambda function. The machine runs tasks one
// after another. It retries errors that may pass. If a task fails for good, the machine undoes the tasks before it, and moves its input to
// a failure queue. If all tasks succeed, it publishes {"execution", "input", "results"} to an SNS topic: the name of the execution, its
// input, and the result of each task. If it cannot publish, the execution succeeds nevertheless.
//
// With Orders, the machine stores an order in a DynamoDB table, writes its invoice to an S3 bucket, and publishes a notification. If the
// invoice cannot be written, the machine removes the order from the table.
type Orchestrator struct {
	pulumi.ResourceState

	// Api is the REST API. It is nil if the component has no route.
	Api *OrderApi
	// Url is the base URL of the API: with the stage, or https://DOMAIN for an API with a domain name of its own. Empty without an API.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt. Empty without an API.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns holds the execute-api ARN of each route, for IAM policies that allow execute-api:Invoke. The key is the route, such as
	// "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// StateMachineArn is the ARN of the state machine. ExecutionLogs is the name of its log group. MachineRoleName is the name of its role.
	StateMachineArn pulumi.StringOutput `pulumi:"stateMachineArn"`
	ExecutionLogs   pulumi.StringOutput `pulumi:"executionLogs"`
	MachineRoleName pulumi.StringOutput `pulumi:"machineRoleName"`
	// ApiRoleNames are the names of the roles with which the API starts executions.
	ApiRoleNames pulumi.StringArrayOutput `pulumi:"apiRoleNames"`
	// TopicArn is the ARN of the topic that results of executions are published to; with Orders, the notifications.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// FailureQueueUrl is the URL of the queue with the inputs of executions that failed for good. A message is {"input", "error", "cause",
	// "execution", "time"}; execution is an ARN. With Tasks it also has "compensations". Its keys are the names of the tasks with a
	// compensation. A value is {"done": true}, {"Error", "Cause"} if the compensation failed for good, or null if it was not needed.
	FailureQueueUrl pulumi.StringOutput `pulumi:"failureQueueUrl"`
	// TableName and TableArn identify the table of orders. Its partition key is accountid, its sort key is vendorid. Empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is the name of the bucket of invoices. Empty without Orders.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// AccessLogGroup is the name of the log group of the API's access logs. Empty if access logs are off.
	AccessLogGroup pulumi.StringOutput `pulumi:"accessLogGroup"`
	// KeyArn is the ARN of the customer-managed KMS key. Empty without one. KeyPolicy is a policy document: the policy of an existing key
	// (Common.KmsKeyArn) must contain its statements.
	KeyArn    pulumi.StringOutput `pulumi:"keyArn"`
	KeyPolicy pulumi.StringOutput `pulumi:"keyPolicy"`
	// Alarms holds the name of each alarm. The key says what the alarm watches, such as "store-order-errors". AlarmArn is the ARN of a
	// composite alarm, which is raised while any of the others is. AlarmTopicArn is the SNS topic that alarms are published to.
	// DashboardName is the name of the CloudWatch dashboard. All of them are empty if alarms are off.
	Alarms        pulumi.StringMapOutput `pulumi:"alarms"`
	AlarmArn      pulumi.StringOutput    `pulumi:"alarmArn"`
	AlarmTopicArn pulumi.StringOutput    `pulumi:"alarmTopicArn"`
	DashboardName pulumi.StringOutput    `pulumi:"dashboardName"`
	// Functions describes each Lambda function. The key is the name of the task; undo-TASK for its compensation; the name of the zip for
	// built-in functions; or the name of the route, such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const orchestratorType = "order-patterns:components:Orchestrator"

// NewOrchestrator registers an Orchestrator. It validates all arguments before it registers anything. The error lists every argument that
// is not valid.
func NewOrchestrator(ctx *pulumi.Context, name string, args *OrchestratorArgs, opts ...pulumi.ResourceOption) (*Orchestrator, error) {
	o := &Orchestrator{}
	return register(ctx, orchestratorType, name, o, args, o.build, opts...)
}

// Outputs returns the outputs by name, for a stack to export.
func (o *Orchestrator) Outputs() pulumi.Map { return outputs(o) }

func (args *OrchestratorArgs) resolve(v *validator) shared {
	v.taken("the state machine", "machine")
	var packaged, routes []string
	var start *Route
	switch {
	case args.Orders != nil && len(args.Tasks) > 0:
		v.addf("Tasks", "must not be set with Orders, which has tasks of its own")
		routes = coffeeRoutes
	case args.Orders != nil:
		packaged, routes = args.resolveOrders(v), coffeeRoutes
	case len(args.Tasks) == 0:
		v.addf("Tasks", "at least one is required without Orders")
	}
	args.Tasks = resolveTasks(v, args.Tasks, args.Express)
	if args.Start != nil {
		start = args.Start.resolve(v, "Start")
		if len(args.Tasks) == 0 {
			v.addf("Start", "is accepted only with Tasks")
		}
	}
	args.start = start
	args.LogLevel = v.text("LogLevel", args.LogLevel, oneOf("ALL", "ERROR", "FATAL", "OFF"), DefaultLogLevel)
	if unset(args.LogData) {
		args.LogData = pulumi.Bool(false)
	}
	if !unset(args.NotifyEmail) {
		args.NotifyEmail = v.text("NotifyEmail", args.NotifyEmail, checkAddress, "")
	}
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolveWith(v, start)...)...)
}

func checkAddress(email string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return fmt.Errorf("must be an address such as orders@example.com, got %q", email)
	}
	return nil
}

func (o *Orchestrator) build(b *builder, args *OrchestratorArgs) error {
	b.orders = args.Orders != nil
	run, topicName, err := o.runs(b, args)
	if err != nil {
		return err
	}
	topic, err := b.topic(topicName)
	if err != nil {
		return err
	}
	if args.NotifyEmail != nil {
		if _, err := sns.NewTopicSubscription(b.ctx, b.child("email"), &sns.TopicSubscriptionArgs{
			Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: stringOf(args.NotifyEmail),
		}, b.opts()...); err != nil {
			return err
		}
	}
	failures, report, err := b.failures("failures")
	if err != nil {
		return err
	}
	machine, err := o.stateMachine(b, args, run, topic, failures, report)
	if err != nil {
		return err
	}
	api := OrderApiArgs{Routes: run.routes(machine.Arn), Authorizer: args.Authorizer, Settings: args.Api}
	if o.Api, err = b.api(api, args.Routes, starter(machine)); err != nil {
		return err
	}
	o.ApiRoleNames = pulumi.StringArray{}.ToStringArrayOutput()
	if o.Api != nil {
		o.ApiRoleNames = o.Api.roleNames.ToStringArrayOutput()
	}
	o.Url, o.AccessLogGroup, o.Auth, o.RouteArns = o.Api.outputs()
	o.StateMachineArn, o.TopicArn, o.FailureQueueUrl = machine.Arn, topic.Arn, failures.Url
	o.KeyArn, o.KeyPolicy = b.keyOutputs()
	o.Functions = b.functionInfos()
	o.Alarms, o.AlarmArn, o.AlarmTopicArn, o.DashboardName, err = b.watch()
	return err
}

// runs creates the functions of Tasks, or what Orders needs.
func (o *Orchestrator) runs(b *builder, args *OrchestratorArgs) (run machineRun, topic string, err error) {
	none := pulumi.String("").ToStringOutput()
	o.TableName, o.TableArn, o.BucketName = none, none, none
	if args.Orders != nil {
		run, err = o.orders(b, args)
		return run, "placed", err
	}
	run, err = b.taskRun(args)
	return run, "done", err
}

// starter returns what a function needs to start executions.
func starter(machine *sfn.StateMachine) functionSpec {
	return functionSpec{
		environment: pulumi.StringMap{"STATE_MACHINE_ARN": machine.Arn},
		allow:       []statement{may("StartExecution", machine.Arn, "states:StartExecution")},
	}
}
