package components

import (
	"fmt"
	"net/mail"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrchestratorArgs configure an Orchestrator. What is not set has a default fit for production.
type OrchestratorArgs struct {
	Common Common `pulumi:"common,optional"`
	// Routes are what the API serves besides orders.
	Routes []Route `pulumi:"routes,optional"`
	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Orders adds our example: orders of coffee, which are stored and invoiced, and taken back if they cannot be invoiced. Default: none.
	Orders *OrchestratorOrders `pulumi:"orders,optional"`

	// Express makes executions cheaper, five minutes long at most, and started at least once: the same order may then
	// run twice, with the same result. Their only history is the log. They retry for one or two minutes, and then move the
	// order to the failure queue. The default is Standard: started exactly once, retried for more than a day, with a history of
	// 90 days.
	// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
	Express bool `pulumi:"express,optional"`
	// LogLevel is what of an execution is logged: ALL, ERROR, FATAL or OFF. Default [DefaultLogLevel].
	LogLevel pulumi.StringPtrInput `pulumi:"logLevel,optional"`
	// LogData lets the log hold the input and output of states, which is customers' data. Default false.
	LogData pulumi.BoolPtrInput `pulumi:"logData,optional"`

	// NotifyEmail gets a message for each placed order, once its owner has followed the link in AWS's first message.
	// Default: nobody is notified.
	NotifyEmail pulumi.StringPtrInput `pulumi:"notifyEmail,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// OrchestratorOrders are orders of coffee. POST /order starts an execution, GET /order and GET /invoice answer what became of it.
type OrchestratorOrders struct {
	// Functions changes ours, or puts functions of your own in their places: store-order-task, write-invoice-task,
	// take-back-order-task, get-order, get-invoice. Default: ours, as they are.
	//
	// Variables: of store-order-task, take-back-order-task and get-order TABLE_NAME; of write-invoice-task and get-invoice
	// BUCKET_NAME; of get-order and get-invoice also ALLOW_ORIGIN; of these and store-order-task AUTH.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is that of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
}

// Orchestrator takes an order over HTTP straight into a Step Functions state machine, with no function between. The
// machine stores the order in a DynamoDB table, writes its invoice to an S3 bucket and publishes a notification to an
// SNS topic. It retries what may succeed, and takes the order back if its invoice cannot be written. What failed for good
// goes to a failure queue, with the whole input.
type Orchestrator struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// StateMachineArn is the machine that processes orders, ExecutionLogs its log group and MachineRoleName its role.
	StateMachineArn pulumi.StringOutput `pulumi:"stateMachineArn"`
	ExecutionLogs   pulumi.StringOutput `pulumi:"executionLogs"`
	MachineRoleName pulumi.StringOutput `pulumi:"machineRoleName"`
	// ApiRoleNames are the roles with which the API starts executions.
	ApiRoleNames pulumi.StringArrayOutput `pulumi:"apiRoleNames"`
	// TopicArn is the topic that placed orders are published to.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// FailureQueueUrl is the queue that holds the inputs of the executions that failed for good, with the error.
	FailureQueueUrl pulumi.StringOutput `pulumi:"failureQueueUrl"`
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
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
	// Functions are the functions by name: of ours that of its zip.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const orchestratorType = "order-patterns:components:Orchestrator"

// taskFunctions are the packages of the functions that the state machine runs.
var taskFunctions = []string{"store-order-task", "write-invoice-task", "take-back-order-task"}

// NewOrchestrator registers an Orchestrator. It refuses bad arguments, all at once, before it registers anything.
func NewOrchestrator(ctx *pulumi.Context, name string, args *OrchestratorArgs, opts ...pulumi.ResourceOption) (*Orchestrator, error) {
	o := &Orchestrator{}
	return register(ctx, orchestratorType, name, o, args, o.build, opts...)
}

// Outputs are the fields that a stack exports.
func (o *Orchestrator) Outputs() pulumi.Map { return outputs(o) }

// orchestratorFunctions are ours.
var orchestratorFunctions = slices.Concat(taskFunctions, readFunctions)

func (args *OrchestratorArgs) resolve(v *validator) shared {
	var packaged, routes []string
	if args.Orders == nil {
		v.addf("Orders", "is required")
	} else {
		orders := *args.Orders
		args.Orders = &orders
		all := resolveOurs(v, "Orders.Functions", orders.Functions, orchestratorFunctions)
		for _, name := range taskFunctions {
			if task := all[name]; args.Express {
				path := "Orders.Functions." + name + ".TimeoutSeconds"
				task.TimeoutSeconds = v.number(path, task.TimeoutSeconds, checkExpressTimeout, TaskSize.TimeoutSeconds)
				all[name] = task
			}
		}
		orders.Functions, packaged, routes = all, all.packaged(), coffeeRoutes
		orders.Capacity = orders.Capacity.resolve(v, "Orders.Capacity")
		v.child(bucketName, "invoices")
		v.child(roleName, "api-start-post-order-role")
	}
	args.LogLevel = v.text("LogLevel", args.LogLevel, oneOf("ALL", "ERROR", "FATAL", "OFF"), DefaultLogLevel)
	if unset(args.LogData) {
		args.LogData = pulumi.Bool(false)
	}
	if !unset(args.NotifyEmail) {
		args.NotifyEmail = v.text("NotifyEmail", args.NotifyEmail, checkAddress, "")
	}
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

// checkExpressTimeout leaves each of an execution's tasks time for one attempt, and the grace.
func checkExpressTimeout(seconds int) error {
	if most := expressTaskSeconds - taskGraceSeconds; seconds > most {
		return fmt.Errorf("must be at most %d with Express, got %d", most, seconds)
	}
	return nil
}

func checkAddress(email string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return fmt.Errorf("must be an address such as orders@example.com, got %q", email)
	}
	return nil
}

func (o *Orchestrator) build(b *builder, args *OrchestratorArgs) error {
	store, err := b.orderStore(args.Orders.Capacity, args.Orders.Functions, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return err
	}
	tasks, err := b.tasks(args.Orders.Functions, store, args.Authorizer)
	if err != nil {
		return err
	}
	topic, err := b.topic("placed")
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
	machine, err := o.stateMachine(b, args, tasks, topic, failures, report)
	if err != nil {
		return err
	}
	o.Api, err = b.api(OrderApiArgs{Routes: store.routes(orderToMachine(machine.Arn)), Authorizer: args.Authorizer, Settings: args.Api}, args.Routes, functionSpec{})
	if err != nil {
		return err
	}
	o.Url, o.AccessLogGroup, o.ApiRoleNames = o.Api.Url, o.Api.AccessLogGroup, o.Api.roleNames.ToStringArrayOutput()
	o.StateMachineArn, o.TopicArn, o.FailureQueueUrl = machine.Arn, topic.Arn, failures.Url
	o.TableName, o.TableArn = store.table.Name, store.table.Arn
	o.BucketName = store.bucket.Bucket
	o.Auth, o.RouteArns = o.Api.Auth, o.Api.RouteArns
	o.KeyArn, o.KeyPolicy = b.keyOutputs()
	o.Functions = b.functionInfos()
	o.Alarms, o.AlarmArn, o.AlarmTopicArn, o.DashboardName, err = b.watch()
	return err
}

// tasks makes the functions that the state machine runs, in the order of taskFunctions.
func (b *builder) tasks(ours functions, store *orderStore, auth Authorizer) ([]*function, error) {
	specs := []functionSpec{
		{
			// No function of ours sees the request. So this one checks whose order it is.
			description: "Stores an order in the table", allow: []statement{store.mayStore()},
			environment: auth.environment(pulumi.StringMap{"TABLE_NAME": store.table.Name}),
		},
		{
			description: "Writes an invoice to the bucket", allow: []statement{store.mayInvoice()},
			environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		},
		{
			description: "Removes an order whose invoice could not be written",
			environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
			allow:       []statement{may("TakeBackOrder", store.table.Arn, "dynamodb:PutItem")},
		},
	}
	tasks := make([]*function, len(specs))
	for i, spec := range specs {
		spec.name, spec.settings = taskFunctions[i], ours[taskFunctions[i]]
		var err error
		if tasks[i], err = b.function(spec); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}
