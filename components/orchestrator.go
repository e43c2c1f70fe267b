package components

import (
	"fmt"
	"net/mail"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrchestratorArgs configure an Orchestrator. What is not set has a default fit for production.
type OrchestratorArgs struct {
	Common Common `pulumi:"common,optional"`

	// Tasks are what the machine runs, one after another: functions of your own, at most 28 with their compensations. One of Tasks and
	// Orders is required.
	Tasks []Task `pulumi:"tasks,optional"`
	// Start is the route of the API that starts an execution of Tasks. Default: programs start executions of StateMachineArn, with any
	// JSON.
	Start *StartRoute `pulumi:"start,optional"`
	// Routes are what the API serves besides. Without Start, Routes and Orders there is no API.
	Routes []Route `pulumi:"routes,optional"`
	// Orders is our example: orders of coffee, which are stored and invoiced, and taken back if they cannot be invoiced. Default: none.
	Orders *OrchestratorOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Express makes executions cheaper, five minutes long at most, and started at least once: the same input may then
	// run twice, so tasks must be idempotent. Their only history is the log. They retry for one or two minutes, and then move the
	// input to the failure queue. The more tasks there are, the less time each of them has. The default is Standard: started exactly
	// once, retried for more than a day, with a history of 90 days.
	// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
	Express bool `pulumi:"express,optional"`
	// LogLevel is what of an execution is logged: ALL, ERROR, FATAL or OFF. Default [DefaultLogLevel].
	LogLevel pulumi.StringPtrInput `pulumi:"logLevel,optional"`
	// LogData lets the log hold the input and output of states, which is customers' data. Default false.
	LogData pulumi.BoolPtrInput `pulumi:"logData,optional"`

	// NotifyEmail gets a message for each execution that succeeds, once its owner has followed the link in AWS's first message.
	// Default: nobody is notified.
	NotifyEmail pulumi.StringPtrInput `pulumi:"notifyEmail,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`

	start *Route // that of Start, validated
}

// Orchestrator takes a request over HTTP straight into a Step Functions state machine, with no function between. The machine runs
// tasks one after another. It retries what may succeed. If a task fails for good, it undoes what was done before, and moves the whole
// input to a failure queue. If all succeed, it publishes its output to an SNS topic: {"execution", "input", "results"}, the name of the
// execution, its input, and what each task has answered. If that cannot be published, the execution succeeds nevertheless.
//
// With Orders the machine stores an order in a DynamoDB table, writes its invoice to an S3 bucket and publishes a notification. It
// takes the order back if its invoice cannot be written.
type Orchestrator struct {
	pulumi.ResourceState

	// Api is the REST API; nil without one. The next three are then empty.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// StateMachineArn is the machine, ExecutionLogs its log group and MachineRoleName its role.
	StateMachineArn pulumi.StringOutput `pulumi:"stateMachineArn"`
	ExecutionLogs   pulumi.StringOutput `pulumi:"executionLogs"`
	MachineRoleName pulumi.StringOutput `pulumi:"machineRoleName"`
	// ApiRoleNames are the roles with which the API starts executions.
	ApiRoleNames pulumi.StringArrayOutput `pulumi:"apiRoleNames"`
	// TopicArn is the topic that the outputs of executions are published to, or placed orders.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// FailureQueueUrl is the queue that holds the inputs of the executions that failed for good: {"input", "error", "cause",
	// "execution", "time"}, with the execution's ARN. With Tasks it also has "compensations": by the name of each task that has one,
	// {"done": true}, {"Error", "Cause"} if it failed for good, or null if it was not needed.
	FailureQueueUrl pulumi.StringOutput `pulumi:"failureQueueUrl"`
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid. These and the next are empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// AccessLogGroup is the log group of the API's access logs; empty without them.
	AccessLogGroup pulumi.StringOutput `pulumi:"accessLogGroup"`
	// KeyArn is the key that encrypts; empty for keys of AWS. KeyPolicy is a policy with the statements that the policy of an existing
	// key must contain.
	KeyArn    pulumi.StringOutput `pulumi:"keyArn"`
	KeyPolicy pulumi.StringOutput `pulumi:"keyPolicy"`
	// Alarms are the names of the alarms by what they watch, such as "store-order-errors". AlarmArn is an alarm that is raised while one of
	// them is, AlarmTopicArn the topic that they are published to, and DashboardName the page that shows all of it. Empty without alarms.
	Alarms        pulumi.StringMapOutput `pulumi:"alarms"`
	AlarmArn      pulumi.StringOutput    `pulumi:"alarmArn"`
	AlarmTopicArn pulumi.StringOutput    `pulumi:"alarmTopicArn"`
	DashboardName pulumi.StringOutput    `pulumi:"dashboardName"`
	// Functions are the functions by name: that of a task, and undo-TASK of its compensation; of ours that of its zip; of a route such as
	// post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const orchestratorType = "order-patterns:components:Orchestrator"

// NewOrchestrator registers an Orchestrator. It refuses bad arguments, all at once, before it registers anything.
func NewOrchestrator(ctx *pulumi.Context, name string, args *OrchestratorArgs, opts ...pulumi.ResourceOption) (*Orchestrator, error) {
	o := &Orchestrator{}
	return register(ctx, orchestratorType, name, o, args, o.build, opts...)
}

// Outputs are the fields that a stack exports.
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
		v.addf("Tasks", "at least one is required, or Orders")
	}
	args.Tasks = resolveTasks(v, args.Tasks, args.Express)
	if args.Start != nil {
		start = args.Start.resolve(v, "Start")
		if len(args.Tasks) == 0 {
			v.addf("Start", "is of use only with Tasks")
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

// runs makes the functions of Tasks, or what Orders asks for.
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

// starter is what a function needs to start executions.
func starter(machine *sfn.StateMachine) functionSpec {
	return functionSpec{
		environment: pulumi.StringMap{"STATE_MACHINE_ARN": machine.Arn},
		allow:       []statement{may("StartExecution", machine.Arn, "states:StartExecution")},
	}
}
