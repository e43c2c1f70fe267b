package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineArgs configure a CheckerPipeline. The zero value of each is a default fit for production.
type CheckerPipelineArgs struct {
	// Packages is the folder with the functions' zips. Default build/ARCHITECTURE, where `make build` puts them.
	Packages string
	// Architecture is ARM64 or X8664. Default: what the zips were built for; ARM64 where Packages is not set either.
	Architecture string

	// Capture takes orders over HTTP, sets balances, and tells an order's status. Default 512 MB, 10 s.
	Capture FunctionSettings
	// Check looks at accounts and stock. Default 256 MB, 10 s.
	Check FunctionSettings
	// Update applies findings to orders. Default 256 MB, 10 s.
	Update FunctionSettings
	// Ship deducts credit and stock. Default 256 MB, 30 s.
	Ship FunctionSettings

	// CheckQueue is the way from the topic to each checker. Default batches of 10.
	CheckQueue QueueSettings
	// UpdateQueue is the way from the checkers to Update. Default batches of 10.
	UpdateQueue QueueSettings

	// Capacity is that of each of the three tables. Default on-demand.
	Capacity TableCapacity
	// UsagePlan limits each client of the API. Default 1,000 requests a second, and as many at once.
	UsagePlan UsagePlan

	// DeleteData lets the tables go, with all that is in them, when the stack does. By default they are protected, and
	// can be restored to any second of the last 35 days.
	DeleteData bool

	// Api are the settings of the REST API. Its log retention and tags are those of all resources.
	Api ApiSettings
}

// CheckerPipeline takes an order over HTTP, stores it and publishes it to an SNS topic. Two checkers, each with a queue of
// its own, look side by side whether the customer has the credit and the shop the stock, and send what they found to a
// third queue. When both findings are good the order is shipped: credit, stock and the order's status change in one
// transaction, exactly once, and never below zero.
//
// A checker never writes the order, and a finding is applied by a conditional update: findings come at least once and in
// any order, and none is lost. A message that fails five times goes to its queue's dead-letter queue.
type CheckerPipeline struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, POST /orders, GET /order/{orderId}/status, POST /account, POST /stock.
	Api *OrderApi
	// Url is where the API answers, the stage included.
	Url pulumi.StringOutput
	// ApiKey is the value of the usage plan's API key, a secret; empty if none is required.
	ApiKey pulumi.StringOutput
	// TopicArn is the topic that captured orders are published to. Subscribe to it to add a checker.
	TopicArn pulumi.StringOutput
	// OrdersTableName, AccountsTableName and StockTableName are the tables', keyed orderId, customerId and productId.
	OrdersTableName, AccountsTableName, StockTableName pulumi.StringOutput
	// BalanceQueueUrl, StockQueueUrl and UpdateQueueUrl are the queues of the checkers and of their findings.
	BalanceQueueUrl, StockQueueUrl, UpdateQueueUrl pulumi.StringOutput
	// BalanceDeadLettersUrl, StockDeadLettersUrl and UpdateDeadLettersUrl are where messages go that fail too often.
	BalanceDeadLettersUrl, StockDeadLettersUrl, UpdateDeadLettersUrl pulumi.StringOutput
	// ShipFailuresUrl is the queue that tells which orders could not be shipped, for a reason other than the order's.
	ShipFailuresUrl pulumi.StringOutput

	functions pulumi.Map
}

const checkerPipelineType = "order-patterns:components:CheckerPipeline"

// checkerFunctions are the packages of the functions that a CheckerPipeline runs.
var checkerFunctions = []string{
	"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
}

// NewCheckerPipeline registers a CheckerPipeline. It refuses bad arguments, all at once, before it registers anything.
func NewCheckerPipeline(ctx *pulumi.Context, name string, args *CheckerPipelineArgs, opts ...pulumi.ResourceOption) (*CheckerPipeline, error) {
	settled, pkgs, err := args.settle(name)
	if err != nil {
		return nil, err
	}
	c := &CheckerPipeline{}
	build := func() error { return c.build(ctx, name, settled, pkgs) }
	return c, register(ctx, checkerPipelineType, name, c, build, opts...)
}

// settle validates the arguments and returns them with every default in place, and the packages that they name.
func (args *CheckerPipelineArgs) settle(name string) (*CheckerPipelineArgs, packages, error) {
	settled := CheckerPipelineArgs{}
	if args != nil {
		settled = *args
	}
	p := &problems{}
	settled.Capture.validate(p, "Capture")
	settled.Check.validate(p, "Check")
	settled.Update.validate(p, "Update")
	settled.Ship.validate(p, "Ship")
	settled.CheckQueue.validate(p, "CheckQueue")
	settled.UpdateQueue.validate(p, "UpdateQueue")
	settled.Capacity.validate(p, "Capacity")
	settled.UsagePlan.validate(p, "UsagePlan")
	settled.Api.validate(p, "Api.")
	pkgs := findPackages(p, settled.Packages, settled.Architecture, checkerFunctions...)

	settled.Capture = settled.Capture.withDefaults(512, 10)
	settled.Check = settled.Check.withDefaults(256, 10)
	settled.Update = settled.Update.withDefaults(256, 10)
	settled.Ship = settled.Ship.withDefaults(256, 30)
	settled.CheckQueue = settled.CheckQueue.withDefaults(10)
	settled.UpdateQueue = settled.UpdateQueue.withDefaults(10)
	settled.Api = settled.Api.withDefaults()
	return &settled, pkgs, p.err(checkerPipelineType, name)
}

func (c *CheckerPipeline) build(ctx *pulumi.Context, name string, args *CheckerPipelineArgs, pkgs packages) error {
	parent := pulumi.Parent(c)
	b := &checkerBuilder{ctx: ctx, name: name, args: args, packages: pkgs, opts: []pulumi.ResourceOption{parent}}
	b.tags = pulumi.ToStringMap(args.Api.Tags)
	if err := b.tables(); err != nil {
		return err
	}
	topic, err := sns.NewTopic(ctx, name+"-orders", &sns.TopicArgs{
		KmsMasterKeyId: pulumi.String("alias/aws/sns"), // encrypted at rest with the key that AWS manages for SNS
		Tags:           b.tags,
	}, parent)
	if err != nil {
		return err
	}
	ship, shipFailures, err := b.shipping()
	if err != nil {
		return err
	}
	update, updates, err := b.updating(ship)
	if err != nil {
		return err
	}
	balance, err := b.checking("check-balance", "Checks a customer's account", topic, updates,
		pulumi.StringMap{"ACCOUNTS_TABLE": b.accounts.Name},
		statement{sid: "ReadAccount", actions: []string{"dynamodb:GetItem"}, resources: []pulumi.StringInput{b.accounts.Arn}})
	if err != nil {
		return err
	}
	stock, err := b.checking("check-stock", "Checks the stock of an order's products", topic, updates,
		pulumi.StringMap{"STOCK_TABLE": b.stock.Name},
		statement{sid: "ReadStock", actions: []string{"dynamodb:BatchGetItem"}, resources: []pulumi.StringInput{b.stock.Arn}})
	if err != nil {
		return err
	}
	front, err := b.front(topic)
	if err != nil {
		return err
	}
	c.Api, err = NewOrderApi(ctx, name+"-api", &OrderApiArgs{
		Routes:      front.routes(),
		ApiSettings: args.Api,
		UsagePlan:   &args.UsagePlan,
		ErrorBody:   DescriptionBody,
		DependsOn:   append(balance.ready, stock.ready...),
	}, parent)
	if err != nil {
		return err
	}
	c.Url, c.ApiKey, c.TopicArn = c.Api.Url, c.Api.ApiKey, topic.Arn
	c.OrdersTableName, c.AccountsTableName, c.StockTableName = b.orders.Name, b.accounts.Name, b.stock.Name
	c.BalanceQueueUrl, c.BalanceDeadLettersUrl = balance.queue.Url, balance.queue.deadLetters.Url
	c.StockQueueUrl, c.StockDeadLettersUrl = stock.queue.Url, stock.queue.deadLetters.Url
	c.UpdateQueueUrl, c.UpdateDeadLettersUrl = updates.Url, updates.deadLetters.Url
	c.ShipFailuresUrl = shipFailures.Url
	c.functions = pulumi.Map{
		"capture-order": front.capture.outputs(), "get-order-status": front.status.outputs(),
		"update-account": front.account.outputs(), "update-stock": front.stock.outputs(),
		"check-balance": balance.function.outputs(), "check-stock": stock.function.outputs(),
		"update-order": update.outputs(), "ship-order": ship.outputs(),
	}
	return nil
}

// Outputs are what a stack exports of the pattern.
func (c *CheckerPipeline) Outputs() pulumi.Map {
	return pulumi.Map{
		"url":                   c.Url,
		"apiKey":                c.ApiKey,
		"topicArn":              c.TopicArn,
		"ordersTableName":       c.OrdersTableName,
		"accountsTableName":     c.AccountsTableName,
		"stockTableName":        c.StockTableName,
		"balanceQueueUrl":       c.BalanceQueueUrl,
		"balanceDeadLettersUrl": c.BalanceDeadLettersUrl,
		"stockQueueUrl":         c.StockQueueUrl,
		"stockDeadLettersUrl":   c.StockDeadLettersUrl,
		"updateQueueUrl":        c.UpdateQueueUrl,
		"updateDeadLettersUrl":  c.UpdateDeadLettersUrl,
		"shipFailuresUrl":       c.ShipFailuresUrl,
		"accessLogGroup":        c.Api.AccessLogGroup,
		"functions":             c.functions,
	}
}

// shipping makes the function that ships an order, and the queue that is told of an order which it failed with.
func (b *checkerBuilder) shipping() (*function, *sqs.Queue, error) {
	failures, err := newDeadLetters(b.ctx, b.name+"-ship-order-failures", maxRetentionDays, b.tags, b.opts...)
	if err != nil {
		return nil, nil, err
	}
	fn, err := b.function("ship-order", "Deducts credit and stock, and ships an order", b.args.Ship,
		pulumi.StringMap{"ORDERS_TABLE": b.orders.Name, "ACCOUNTS_TABLE": b.accounts.Name, "STOCK_TABLE": b.stock.Name},
		statement{sid: "ReadOrder", actions: []string{"dynamodb:GetItem"}, resources: []pulumi.StringInput{b.orders.Arn}},
		statement{sid: "Ship", actions: []string{"dynamodb:UpdateItem"}, resources: []pulumi.StringInput{b.orders.Arn, b.accounts.Arn, b.stock.Arn}},
		statement{sid: "ReportFailures", actions: []string{"sqs:SendMessage"}, resources: []pulumi.StringInput{failures.Arn}},
	)
	if err != nil {
		return nil, nil, err
	}
	_, err = lambda.NewFunctionEventInvokeConfig(b.ctx, b.name+"-ship-order-invocations", &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             fn.Name,
		MaximumRetryAttempts:     pulumi.Int(2),
		MaximumEventAgeInSeconds: pulumi.Int(maxEventAgeSeconds),
		DestinationConfig: &lambda.FunctionEventInvokeConfigDestinationConfigArgs{
			OnFailure: &lambda.FunctionEventInvokeConfigDestinationConfigOnFailureArgs{Destination: failures.Arn},
		},
	}, append(b.opts, pulumi.DependsOn([]pulumi.Resource{fn.policy}))...)
	return fn, failures, err
}

// maxEventAgeSeconds is how long Lambda keeps an asynchronous invocation at most.
const maxEventAgeSeconds = 6 * 60 * 60

// updating makes the queue of findings and the function that applies them.
func (b *checkerBuilder) updating(ship *function) (*function, *queue, error) {
	const name = "update-order"
	q, err := newQueue(b.ctx, b.name+"-"+name, b.args.UpdateQueue, b.args.Update, b.tags, b.opts...)
	if err != nil {
		return nil, nil, err
	}
	fn, err := b.function(name, "Applies what the checkers found to orders", b.args.Update,
		pulumi.StringMap{"ORDERS_TABLE": b.orders.Name, "SHIP_FUNCTION": ship.Arn},
		statement{sid: "UpdateOrder", actions: []string{"dynamodb:UpdateItem"}, resources: []pulumi.StringInput{b.orders.Arn}},
		statement{sid: "Ship", actions: []string{"lambda:InvokeFunction"}, resources: []pulumi.StringInput{ship.Arn}},
		q.consume(),
	)
	if err != nil {
		return nil, nil, err
	}
	return fn, q, q.drain(b.ctx, b.name+"-"+name, b.args.UpdateQueue, fn, b.opts...)
}

// checking makes a checker, and the queue through which the topic reaches it.
func (b *checkerBuilder) checking(name, description string, topic *sns.Topic, updates *queue, environment pulumi.StringMap, read statement) (*consumer, error) {
	environment["FINDINGS_QUEUE_URL"] = updates.Url
	args := b.functionArgs(name, description, b.args.Check, environment, read,
		statement{sid: "SendFinding", actions: []string{"sqs:SendMessage"}, resources: []pulumi.StringInput{updates.Arn}})
	return newConsumer(b.ctx, b.name+"-"+name, topic, b.args.CheckQueue, args, b.opts...)
}
