package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineArgs configure a CheckerPipeline. What is not set has a default fit for production.
type CheckerPipelineArgs struct {
	Common Common `pulumi:"common,optional"`
	// Routes are what the API serves besides orders.
	Routes []Route `pulumi:"routes,optional"`
	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Orders adds our example: orders of a shop, of which the customer's account and the stock are checked. Default: none.
	Orders *CheckerPipelineOrders `pulumi:"orders,optional"`

	// UsagePlan limits each client of the API.
	UsagePlan UsagePlan `pulumi:"usagePlan,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// CheckerPipelineOrders are orders of a shop. POST /order and POST /orders take them, GET /order/{orderId}/status answers what became
// of one, POST /account and POST /stock set balances.
type CheckerPipelineOrders struct {
	// Functions changes ours, or puts functions of your own in their places: capture-order, get-order-status, update-account,
	// update-stock, check-balance, check-stock, update-order, ship-order, relay-order. Default: ours, as they are. update-order waits
	// for ship-order: its timeout should be longer.
	//
	// Variables: ORDERS_TABLE, ACCOUNTS_TABLE and STOCK_TABLE of those that use the table; TOPIC_ARN and OUTBOX_QUEUE_URL of
	// capture-order; TOPIC_ARN of relay-order; FINDINGS_QUEUE_URL of the checkers; SHIP_FUNCTION of update-order; QUEUE_URL and
	// DEAD_LETTERS_URL of those that take from a queue; ALLOW_ORIGIN and AUTH of those behind the API.
	Functions map[string]Function `pulumi:"functions,optional"`
	// CheckQueue is the queue between the topic and each checker, and the outbox. Default batches of
	// [DefaultCheckBatchSize].
	CheckQueue QueueSettings `pulumi:"checkQueue,optional"`
	// UpdateQueue is the queue between the checkers and update-order. Default batches of [DefaultCheckBatchSize].
	UpdateQueue QueueSettings `pulumi:"updateQueue,optional"`
	// Capacity is that of each of the three tables. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
}

// CheckerPipeline takes an order over HTTP, stores it and publishes it to an SNS topic. An outbox, a queue that the order's
// id is sent to before, has it published if that was interrupted. Two checkers, each with a queue of
// its own, check in parallel whether the customer has the credit and the shop the stock, and send what they found to a
// third queue. When both findings are good the order is shipped: credit, stock and the order's status change in one
// transaction, exactly once, and never below zero.
//
// A checker never writes the order. A finding is applied by a conditional update, because findings are delivered at least
// once and unordered; none is lost. A message that can never succeed goes to its queue's dead-letter queue at once. A
// message that fails for another reason is tried at growing intervals, for longer than an outage of a day, and goes there
// after [DefaultMaxReceiveCount] receives.
type CheckerPipeline struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, POST /orders, GET /order/{orderId}/status, POST /account, POST /stock.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// ApiKey is the value of the usage plan's API key, a secret; empty if none is required.
	ApiKey pulumi.StringOutput `pulumi:"apiKey"`
	// TopicArn is the topic that captured orders are published to. Subscribe to it to add a checker.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// OrdersTableName, AccountsTableName and StockTableName are the tables', keyed orderId, customerId and productId.
	OrdersTableName   pulumi.StringOutput `pulumi:"ordersTableName"`
	AccountsTableName pulumi.StringOutput `pulumi:"accountsTableName"`
	StockTableName    pulumi.StringOutput `pulumi:"stockTableName"`
	// The queues of the checkers and of their findings, each with its dead-letter queue.
	BalanceQueueUrl       pulumi.StringOutput `pulumi:"balanceQueueUrl"`
	BalanceDeadLettersUrl pulumi.StringOutput `pulumi:"balanceDeadLettersUrl"`
	StockQueueUrl         pulumi.StringOutput `pulumi:"stockQueueUrl"`
	StockDeadLettersUrl   pulumi.StringOutput `pulumi:"stockDeadLettersUrl"`
	UpdateQueueUrl        pulumi.StringOutput `pulumi:"updateQueueUrl"`
	UpdateDeadLettersUrl  pulumi.StringOutput `pulumi:"updateDeadLettersUrl"`
	// OutboxQueueUrl is the queue of the ids of orders that are about to be stored, with its dead-letter queue.
	OutboxQueueUrl       pulumi.StringOutput `pulumi:"outboxQueueUrl"`
	OutboxDeadLettersUrl pulumi.StringOutput `pulumi:"outboxDeadLettersUrl"`
	// ShipFailuresUrl is the queue with a message about each order that could not be shipped, for a reason other than the
	// order's.
	ShipFailuresUrl pulumi.StringOutput `pulumi:"shipFailuresUrl"`
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

const checkerPipelineType = "order-patterns:components:CheckerPipeline"

// checkerFunctions are the packages of the functions that a CheckerPipeline runs.
var checkerFunctions = []string{
	"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
	"relay-order",
}

// NewCheckerPipeline registers a CheckerPipeline. It refuses bad arguments, all at once, before it registers anything.
func NewCheckerPipeline(ctx *pulumi.Context, name string, args *CheckerPipelineArgs, opts ...pulumi.ResourceOption) (*CheckerPipeline, error) {
	c := &CheckerPipeline{}
	return register(ctx, checkerPipelineType, name, c, args, c.build, opts...)
}

// Outputs are the fields that a stack exports.
func (c *CheckerPipeline) Outputs() pulumi.Map { return outputs(c) }

func (args *CheckerPipelineArgs) resolve(v *validator) shared {
	var packaged, routes []string
	if args.Orders == nil {
		v.addf("Orders", "is required")
	} else {
		orders := *args.Orders
		args.Orders = &orders
		all := resolveOurs(v, "Orders.Functions", orders.Functions, checkerFunctions)
		orders.Functions, packaged, routes = all, all.packaged(), checkerRoutes
		orders.CheckQueue = orders.CheckQueue.resolve(v, "Orders.CheckQueue", DefaultCheckBatchSize)
		orders.UpdateQueue = orders.UpdateQueue.resolve(v, "Orders.UpdateQueue", DefaultCheckBatchSize)
		orders.Capacity = orders.Capacity.resolve(v, "Orders.Capacity")
	}
	args.UsagePlan = args.UsagePlan.resolve(v, "UsagePlan")
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

func (c *CheckerPipeline) build(b *builder, args *CheckerPipelineArgs) error {
	ours := args.Orders.Functions
	tables, err := b.checkerTables(args.Orders.Capacity)
	if err != nil {
		return err
	}
	topic, err := b.topic("orders")
	if err != nil {
		return err
	}
	ship, shipFailures, err := b.shipping(ours["ship-order"], tables)
	if err != nil {
		return err
	}
	updates, _, err := b.worker(args.Orders.UpdateQueue, functionSpec{
		name: "update-order", description: "Applies what the checkers found to orders", settings: ours["update-order"],
		environment: pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "SHIP_FUNCTION": ship.Arn},
		allow: []statement{
			may("UpdateOrder", tables.orders.Arn, "dynamodb:UpdateItem"), may("Ship", ship.Arn, "lambda:InvokeFunction"),
		},
	})
	if err != nil {
		return err
	}
	sendFinding := may("SendFinding", updates.Arn, "sqs:SendMessage")
	balance, balanceReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.CheckQueue}, functionSpec{
		name: "check-balance", description: "Checks a customer's account", settings: ours["check-balance"],
		environment: pulumi.StringMap{"ACCOUNTS_TABLE": tables.accounts.Name, "FINDINGS_QUEUE_URL": updates.Url},
		allow:       []statement{may("ReadAccount", tables.accounts.Arn, "dynamodb:GetItem"), sendFinding},
	})
	if err != nil {
		return err
	}
	stock, stockReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.CheckQueue}, functionSpec{
		name: "check-stock", description: "Checks the stock of an order's products", settings: ours["check-stock"],
		environment: pulumi.StringMap{"STOCK_TABLE": tables.stock.Name, "FINDINGS_QUEUE_URL": updates.Url},
		allow:       []statement{may("ReadStock", tables.stock.Arn, "dynamodb:BatchGetItem"), sendFinding},
	})
	if err != nil {
		return err
	}
	outbox, _, err := b.worker(args.Orders.CheckQueue, functionSpec{
		name: "relay-order", description: "Watches orders until they are decided, and publishes those that no check has", settings: ours["relay-order"],
		environment: pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "TOPIC_ARN": topic.Arn},
		allow:       []statement{may("WatchOrder", tables.orders.Arn, "dynamodb:GetItem", "dynamodb:UpdateItem"), may("PublishOrder", topic.Arn, "sns:Publish")},
	})
	if err != nil {
		return err
	}
	front, err := b.checkerFront(args, tables, topic, outbox)
	if err != nil {
		return err
	}
	c.Api, err = b.api(OrderApiArgs{
		Routes: front.routes(), Authorizer: args.Authorizer, Settings: args.Api, UsagePlan: &args.UsagePlan, ErrorBody: DescriptionBody,
		DependsOn: slices.Concat(balanceReady, stockReady),
	}, args.Routes, publisher(topic))
	if err != nil {
		return err
	}
	c.Url, c.ApiKey, c.AccessLogGroup, c.TopicArn = c.Api.Url, c.Api.ApiKey, c.Api.AccessLogGroup, topic.Arn
	c.OrdersTableName, c.AccountsTableName, c.StockTableName = tables.orders.Name, tables.accounts.Name, tables.stock.Name
	c.BalanceQueueUrl, c.BalanceDeadLettersUrl = balance.Url, balance.deadLetters.Url
	c.StockQueueUrl, c.StockDeadLettersUrl = stock.Url, stock.deadLetters.Url
	c.UpdateQueueUrl, c.UpdateDeadLettersUrl = updates.Url, updates.deadLetters.Url
	c.OutboxQueueUrl, c.OutboxDeadLettersUrl = outbox.Url, outbox.deadLetters.Url
	c.ShipFailuresUrl = shipFailures.Url
	c.Auth, c.RouteArns = c.Api.Auth, c.Api.RouteArns
	c.KeyArn, c.KeyPolicy = b.keyOutputs()
	c.Functions = b.functionInfos()
	c.Alarms, c.AlarmArn, c.AlarmTopicArn, c.DashboardName, err = b.watch()
	return err
}

const (
	asyncRetries         = 2           // how often Lambda retries an asynchronous invocation at most
	asyncEventAgeSeconds = 6 * 60 * 60 // how long it keeps one at most
)

// shipping makes the function that ships an order, and the queue that receives a message about an order that it failed with.
func (b *builder) shipping(settings Function, tables checkerTables) (*function, *sqs.Queue, error) {
	failures, report, err := b.failures("ship-order-failures")
	if err != nil {
		return nil, nil, err
	}
	fn, err := b.function(functionSpec{
		name: "ship-order", description: "Deducts credit and stock, and ships an order", settings: settings,
		environment: pulumi.StringMap{
			"ORDERS_TABLE": tables.orders.Name, "ACCOUNTS_TABLE": tables.accounts.Name, "STOCK_TABLE": tables.stock.Name,
		},
		allow: []statement{
			may("ReadOrder", tables.orders.Arn, "dynamodb:GetItem"),
			{
				sid: "Ship", actions: []string{"dynamodb:UpdateItem"},
				resources: []pulumi.StringInput{tables.orders.Arn, tables.accounts.Arn, tables.stock.Arn},
			},
			report,
		},
	})
	if err != nil {
		return nil, nil, err
	}
	_, err = lambda.NewFunctionEventInvokeConfig(b.ctx, b.child("ship-order-invocations"), &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             fn.Name,
		MaximumRetryAttempts:     pulumi.Int(asyncRetries),
		MaximumEventAgeInSeconds: pulumi.Int(asyncEventAgeSeconds),
		DestinationConfig: &lambda.FunctionEventInvokeConfigDestinationConfigArgs{
			OnFailure: &lambda.FunctionEventInvokeConfigDestinationConfigOnFailureArgs{Destination: failures.Arn},
		},
	}, b.after(fn.policy)...)
	return fn, failures, err
}
