package components

import (
	"net/mail"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrchestratorArgs configure an Orchestrator. The zero value of each is a default fit for production.
type OrchestratorArgs struct {
	// Packages is the folder with the functions' zips. Default build/ARCHITECTURE, where `make build` puts them.
	Packages string
	// Architecture is ARM64 or X8664. Default: what the zips were built for; ARM64 where Packages is not set either.
	Architecture string

	// Task are the functions that the state machine runs. Default 256 MB, 10 s.
	Task FunctionSettings
	// Read answers the GET routes. Default 256 MB, 10 s.
	Read FunctionSettings

	// Express makes executions cheaper, five minutes long at most, and started at least once: the same order may then
	// run twice, with the same result. They have no history to look at but in the log. One that still tries again when
	// its five minutes are over is ended as it is, and takes nothing back. The default is Standard: started exactly once
	// under an order's id, with a history of 90 days.
	// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
	Express bool
	// LogLevel is what of an execution is logged: ALL, ERROR (the default), FATAL or OFF.
	LogLevel string
	// LogData lets the log hold the input and output of states, which is customers' data. Default false.
	LogData bool

	// NotifyEmail gets a message for each placed order, once its owner has followed the link in AWS's first message.
	// Empty for none.
	NotifyEmail string

	// DeleteData lets the table and the bucket go, with all that is in them, when the stack does. By default both are
	// protected, and the table can be restored to any second of the last 35 days.
	DeleteData bool

	// Api are the settings of the REST API. Its log retention and tags are those of all resources.
	Api ApiSettings
}

// Orchestrator takes an order over HTTP straight into a Step Functions state machine, with no function between. The
// machine stores the order in a DynamoDB table, writes its invoice to an S3 bucket and publishes a notification to an
// SNS topic, tries again what may succeed, and takes the order back if its invoice cannot be written.
type Orchestrator struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
	Api *OrderApi
	// Url is where the API answers, the stage included.
	Url pulumi.StringOutput
	// StateMachineArn is the machine that processes orders.
	StateMachineArn pulumi.StringOutput
	// TopicArn is the topic that placed orders are published to.
	TopicArn pulumi.StringOutput
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
	TableName, TableArn pulumi.StringOutput
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput

	logGroup  pulumi.StringOutput
	roleName  pulumi.StringOutput
	functions pulumi.Map
}

const orchestratorType = "order-patterns:components:Orchestrator"

// taskFunctions are the packages of the functions that the state machine runs.
var taskFunctions = []string{"store-order-task", "write-invoice-task", "take-back-order-task"}

// NewOrchestrator registers an Orchestrator. It refuses bad arguments, all at once, before it registers anything.
func NewOrchestrator(ctx *pulumi.Context, name string, args *OrchestratorArgs, opts ...pulumi.ResourceOption) (*Orchestrator, error) {
	settled, pkgs, err := args.settle(name)
	if err != nil {
		return nil, err
	}
	o := &Orchestrator{}
	build := func() error { return o.build(ctx, name, settled, pkgs) }
	return o, register(ctx, orchestratorType, name, o, build, opts...)
}

// settle validates the arguments and returns them with every default in place, and the packages that they name.
func (args *OrchestratorArgs) settle(name string) (*OrchestratorArgs, packages, error) {
	settled := OrchestratorArgs{}
	if args != nil {
		settled = *args
	}
	p := &problems{}
	settled.Task.validate(p, "Task")
	settled.Read.validate(p, "Read")
	settled.Api.validate(p, "Api.")
	// Even if each task succeeds at once it may take its time, and a little more.
	if most := expressSeconds/tasksInARow - taskGraceSeconds; settled.Express && settled.Task.TimeoutSeconds > most {
		p.addf("Task.TimeoutSeconds", "must be at most %d with Express, got %d", most, settled.Task.TimeoutSeconds)
	}
	if levels := []string{"ALL", "ERROR", "FATAL", "OFF"}; settled.LogLevel != "" && !slices.Contains(levels, settled.LogLevel) {
		p.addf("LogLevel", "must be one of %q, got %q", levels, settled.LogLevel)
	}
	if e := settled.NotifyEmail; e != "" {
		if address, err := mail.ParseAddress(e); err != nil || address.Address != e {
			p.addf("NotifyEmail", "must be an address such as orders@example.com, got %q", e)
		}
	}
	pkgs := findPackages(p, settled.Packages, settled.Architecture, slices.Concat(taskFunctions, readFunctions)...)

	settled.Task = settled.Task.withDefaults(256, 10)
	settled.Read = settled.Read.withDefaults(256, 10)
	settled.LogLevel = or(settled.LogLevel, "ERROR")
	settled.Api = settled.Api.withDefaults()
	return &settled, pkgs, p.err(orchestratorType, name)
}

func (o *Orchestrator) build(ctx *pulumi.Context, name string, args *OrchestratorArgs, pkgs packages) error {
	parent := pulumi.Parent(o)
	watch := observe{logRetentionDays: args.Api.LogRetentionDays}
	tags := pulumi.ToStringMap(args.Api.Tags)

	store, err := newOrderStore(ctx, name, orderStoreArgs{
		packages: pkgs, read: args.Read, deleteData: args.DeleteData,
		allowOrigin: args.Api.AllowOrigin, observe: watch, tags: tags,
	}, parent)
	if err != nil {
		return err
	}
	table := pulumi.StringMap{"TABLE_NAME": store.table.Name}
	tasks := map[string]*function{}
	for _, task := range []functionArgs{
		{
			pkg: "store-order-task", description: "Stores an order in the table", environment: table,
			allow: []statement{store.mayStore()},
		},
		{
			pkg: "write-invoice-task", description: "Writes an invoice to the bucket",
			environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
			allow:       []statement{store.mayInvoice()},
		},
		{
			pkg: "take-back-order-task", description: "Removes an order whose invoice could not be written", environment: table,
			allow: []statement{{
				sid: "TakeBackOrder", actions: []string{"dynamodb:PutItem"}, resources: []pulumi.StringInput{store.table.Arn},
			}},
		},
	} {
		task.packages, task.settings, task.observe, task.tags = pkgs, args.Task, watch, tags
		if tasks[task.pkg], err = newFunction(ctx, name+"-"+task.pkg, task, parent); err != nil {
			return err
		}
	}

	topic, err := sns.NewTopic(ctx, name+"-placed", &sns.TopicArgs{
		KmsMasterKeyId: pulumi.String("alias/aws/sns"), // encrypted at rest with the key that AWS manages for SNS
		Tags:           tags,
	}, parent)
	if err != nil {
		return err
	}
	if args.NotifyEmail != "" {
		if _, err := sns.NewTopicSubscription(ctx, name+"-email", &sns.TopicSubscriptionArgs{
			Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: pulumi.String(args.NotifyEmail),
		}, parent); err != nil {
			return err
		}
	}

	stateMachine, err := o.newStateMachine(ctx, name, args, tasks, topic)
	if err != nil {
		return err
	}
	o.Api, err = NewOrderApi(ctx, name+"-api", &OrderApiArgs{
		Routes:      store.routes(placement{execution: &Execution{StateMachine: stateMachine, NamePath: "$.order.orderid", InputPath: "$.order"}}),
		ApiSettings: args.Api,
	}, parent)
	if err != nil {
		return err
	}
	o.Url = o.Api.Url
	o.StateMachineArn, o.TopicArn = stateMachine.Arn, topic.Arn
	o.TableName, o.TableArn = store.table.Name, store.table.Arn
	o.BucketName = store.bucket.Bucket
	o.functions = pulumi.Map{"get-order": store.getOrder.outputs(), "get-invoice": store.getInvoice.outputs()}
	for pkg, fn := range tasks {
		o.functions[pkg] = fn.outputs()
	}
	return nil
}

// Outputs are what a stack exports of the pattern.
func (o *Orchestrator) Outputs() pulumi.Map {
	return pulumi.Map{
		"url":             o.Url,
		"stateMachineArn": o.StateMachineArn,
		"executionLogs":   o.logGroup,
		"machineRoleName": o.roleName,
		"topicArn":        o.TopicArn,
		"tableName":       o.TableName,
		"tableArn":        o.TableArn,
		"bucketName":      o.BucketName,
		"accessLogGroup":  o.Api.AccessLogGroup,
		"apiRoleNames":    o.Api.roles,
		"functions":       o.functions,
	}
}
