package components

import (
	"reflect"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineArgs are the arguments of a CheckerPipeline. An optional argument that is not set has a default for production use.
type CheckerPipelineArgs struct {
	Common Common `pulumi:"common,optional"`

	// Checkers are functions of your own that check published messages, by name. With Orders they check orders, in addition to the
	// customer's account and the stock: an order is shipped only if all checks pass. With Orders there can be [MaxCheckers] of them.
	// Checkers or Orders is required.
	Checkers map[string]Checker `pulumi:"checkers,optional"`
	// Collect is a function of your own that takes findings from their queue, in batches, as the function of a Checker takes messages. It
	// defines the format of findings. It gets the variables QUEUE_URL and DEAD_LETTERS_URL, and FINISH_FUNCTION if Finish is set. Required
	// without Orders. Not accepted with Orders, where update-order collects the findings. Default size [UpdateSize].
	Collect *Function `pulumi:"collect,optional"`
	// CollectQueue configures the queue of findings between Checkers and Collect. Default batches of [DefaultConsumerBatchSize].
	CollectQueue QueueSettings `pulumi:"collectQueue,optional"`
	// Finish is a function of your own that Collect invokes once all findings of a message are known. Its ARN is in FINISH_FUNCTION. Lambda
	// retries an asynchronous invocation twice, for at most 6 hours, and then sends a message about it to the queue FinishFailuresUrl.
	// Default: none. Default size [ShipSize].
	Finish *Function `pulumi:"finish,optional"`
	// Routes are routes of the API in addition to those of Orders. Without Routes and Orders there is no API, and programs publish to the
	// topic CheckerPipeline.TopicArn.
	Routes []Route `pulumi:"routes,optional"`
	// Orders adds the built-in example: orders of a shop, for which the customer's account and the stock are checked. Default: none.
	Orders *CheckerPipelineOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required if there is an API.
	Authorizer Authorizer `pulumi:"authorizer,optional"`
	// UsagePlan limits each client of the API. Default: the default limits, and no API key.
	UsagePlan UsagePlan `pulumi:"usagePlan,optional"`
	// Api holds the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// CheckerPipeline is an SNS topic with functions that check each message in parallel. Each checker takes messages from its own SQS queue
// and sends findings to a shared queue. One function collects the findings. Another function completes the messages that passed all checks.
// An optional REST API has functions that publish to the topic.
//
// Messages and findings are delivered at least once and unordered; none is lost. A message that can never succeed goes to the dead-letter
// queue at once. A message that fails for another reason is retried with growing delays, for longer than an outage of a day.
// After [DefaultMaxReceiveCount] receives it goes to the dead-letter queue. A function of your own decides which failures are permanent;
// package handlers/kit/sqsbatch implements this for functions in Go.
//
// With Orders, the component takes orders over HTTP, stores and publishes them. Each order's id is first sent to an outbox queue, from
// which the order is published if the request was interrupted. Two checkers check the customer's credit and the shop's stock; Checkers add
// more checks. If all checks pass, the order is shipped: credit, stock and status change in one transaction, exactly once, and never below
// zero. A checker never writes to the order: each finding is applied by a conditional update.
type CheckerPipeline struct {
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
	// ApiKey is the value of the usage plan's API key, a secret. Empty if no key is required.
	ApiKey pulumi.StringOutput `pulumi:"apiKey"`
	// TopicArn is the ARN of the topic. A program that publishes to it needs the permission sns:Publish.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// CheckerQueueUrls and CheckerDeadLettersUrls hold the URLs of the queue and of the dead-letter queue of each of Checkers. The key is
	// the name of the checker.
	CheckerQueueUrls       pulumi.StringMapOutput `pulumi:"checkerQueueUrls"`
	CheckerDeadLettersUrls pulumi.StringMapOutput `pulumi:"checkerDeadLettersUrls"`
	// CollectQueueUrl and CollectDeadLettersUrl are the URLs of the queue of findings for Collect, and of its dead-letter queue. Empty with
	// Orders.
	CollectQueueUrl       pulumi.StringOutput `pulumi:"collectQueueUrl"`
	CollectDeadLettersUrl pulumi.StringOutput `pulumi:"collectDeadLettersUrl"`
	// FinishFailuresUrl is the URL of the queue that gets a message about each asynchronous invocation of Finish that failed for good.
	// Empty without Finish.
	FinishFailuresUrl pulumi.StringOutput `pulumi:"finishFailuresUrl"`
	// OrdersTableName, AccountsTableName and StockTableName are the names of the tables. Their partition keys are orderId, customerId and
	// productId. Empty without Orders.
	OrdersTableName   pulumi.StringOutput `pulumi:"ordersTableName"`
	AccountsTableName pulumi.StringOutput `pulumi:"accountsTableName"`
	StockTableName    pulumi.StringOutput `pulumi:"stockTableName"`
	// The URLs of the queues of check-balance, check-stock and update-order, and of their dead-letter queues. The queue of update-order
	// holds the findings. Empty without Orders.
	BalanceQueueUrl       pulumi.StringOutput `pulumi:"balanceQueueUrl"`
	BalanceDeadLettersUrl pulumi.StringOutput `pulumi:"balanceDeadLettersUrl"`
	StockQueueUrl         pulumi.StringOutput `pulumi:"stockQueueUrl"`
	StockDeadLettersUrl   pulumi.StringOutput `pulumi:"stockDeadLettersUrl"`
	UpdateQueueUrl        pulumi.StringOutput `pulumi:"updateQueueUrl"`
	UpdateDeadLettersUrl  pulumi.StringOutput `pulumi:"updateDeadLettersUrl"`
	// OutboxQueueUrl is the URL of the outbox queue, which holds the ids of orders that are about to be stored. OutboxDeadLettersUrl is its
	// dead-letter queue. Empty without Orders.
	OutboxQueueUrl       pulumi.StringOutput `pulumi:"outboxQueueUrl"`
	OutboxDeadLettersUrl pulumi.StringOutput `pulumi:"outboxDeadLettersUrl"`
	// ShipFailuresUrl is the URL of the queue that gets a message about each order that could not be shipped because of an error, not
	// because of the order itself. Empty without Orders.
	ShipFailuresUrl pulumi.StringOutput `pulumi:"shipFailuresUrl"`
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
	// Functions describes each Lambda function. The key is the name of the checker; collect or finish; the name of the zip for built-in
	// functions; or the name of the route, such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const checkerPipelineType = "order-patterns:components:CheckerPipeline"

// NewCheckerPipeline registers a CheckerPipeline. It validates all arguments before it registers anything. The error lists every argument
// that is not valid.
func NewCheckerPipeline(ctx *pulumi.Context, name string, args *CheckerPipelineArgs, opts ...pulumi.ResourceOption) (*CheckerPipeline, error) {
	c := &CheckerPipeline{}
	return register(ctx, checkerPipelineType, name, c, args, c.build, opts...)
}

// Outputs returns the outputs by name, for a stack to export.
func (c *CheckerPipeline) Outputs() pulumi.Map { return outputs(c) }

func (args *CheckerPipelineArgs) resolve(v *validator) shared {
	var packaged, routes []string
	if args.Orders == nil {
		args.resolveOwn(v)
	} else {
		args.Orders, packaged = args.Orders.resolve(v)
		routes = checkerRoutes
		for _, field := range []struct {
			path string
			in   any
		}{{"Collect", args.Collect}, {"CollectQueue", args.CollectQueue}, {"Finish", args.Finish}} {
			if !reflect.ValueOf(field.in).IsZero() {
				v.addf(field.path, "is accepted only without Orders, which uses update-order and ship-order")
			}
		}
	}
	args.Checkers = resolveCheckers(v, args.Checkers, args.Orders != nil)
	if args.Orders == nil && len(args.Routes) == 0 && !reflect.ValueOf(args.UsagePlan).IsZero() {
		v.addf("UsagePlan", "is accepted only with Routes or Orders")
	}
	args.UsagePlan = args.UsagePlan.resolve(v, "UsagePlan")
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

// resolveOwn validates the arguments that are accepted only without Orders.
func (args *CheckerPipelineArgs) resolveOwn(v *validator) {
	if len(args.Checkers) == 0 {
		v.addf("Checkers", "at least one is required without Orders")
	}
	if args.Collect == nil {
		v.addf("Collect", "is required without Orders")
	} else {
		v.function("Collect", "collect")
		collect := args.Collect.resolveOwn(v, "Collect", UpdateSize)
		args.Collect = &collect
	}
	args.CollectQueue = args.CollectQueue.resolve(v, "CollectQueue", DefaultConsumerBatchSize)
	if args.Finish != nil {
		v.function("Finish", "finish")
		finish := args.Finish.resolveOwn(v, "Finish", ShipSize)
		args.Finish = &finish
	}
}

func (c *CheckerPipeline) build(b *builder, args *CheckerPipelineArgs) error {
	b.orders = args.Orders != nil
	none := pulumi.String("").ToStringOutput()
	c.CollectQueueUrl, c.CollectDeadLettersUrl, c.FinishFailuresUrl = none, none, none
	c.OrdersTableName, c.AccountsTableName, c.StockTableName = none, none, none
	c.BalanceQueueUrl, c.BalanceDeadLettersUrl, c.StockQueueUrl, c.StockDeadLettersUrl = none, none, none, none
	c.UpdateQueueUrl, c.UpdateDeadLettersUrl, c.OutboxQueueUrl, c.OutboxDeadLettersUrl, c.ShipFailuresUrl = none, none, none, none, none
	api := OrderApiArgs{Authorizer: args.Authorizer, Settings: args.Api, UsagePlan: &args.UsagePlan}
	topic, err := c.pipeline(b, args, &api)
	if err != nil {
		return err
	}
	c.TopicArn = topic.Arn
	if c.Api, err = b.api(api, args.Routes, publisher(topic)); err != nil {
		return err
	}
	c.Url, c.AccessLogGroup, c.Auth, c.RouteArns = c.Api.outputs()
	c.ApiKey = none
	if c.Api != nil {
		c.ApiKey = c.Api.ApiKey
	}
	c.KeyArn, c.KeyPolicy = b.keyOutputs()
	c.Functions = b.functionInfos()
	c.Alarms, c.AlarmArn, c.AlarmTopicArn, c.DashboardName, err = b.watch()
	return err
}

// pipeline creates the topic and everything behind it, for Orders or for your own functions. It adds routes and dependencies to api.
func (c *CheckerPipeline) pipeline(b *builder, args *CheckerPipelineArgs, api *OrderApiArgs) (topic *sns.Topic, err error) {
	if args.Orders == nil {
		if topic, err = b.topic("messages"); err != nil {
			return nil, err
		}
		api.DependsOn, err = c.own(b, args, topic)
		return topic, err
	}
	tables, err := b.checkerTables(args.Orders.Capacity, args.Checkers)
	if err != nil {
		return nil, err
	}
	if topic, err = b.topic("orders"); err != nil {
		return nil, err
	}
	api.ErrorBody = DescriptionBody
	api.Routes, api.DependsOn, err = c.orders(b, args, topic, tables)
	return topic, err
}

// own creates Finish, Collect and the checkers. It returns what must exist before a message is published.
func (c *CheckerPipeline) own(b *builder, args *CheckerPipelineArgs, topic *sns.Topic) ([]pulumi.Resource, error) {
	collect := functionSpec{name: "collect", settings: *args.Collect, environment: pulumi.StringMap{}}
	if args.Finish != nil {
		finish, failures, err := b.invoked(functionSpec{name: "finish", settings: *args.Finish, environment: pulumi.StringMap{}})
		if err != nil {
			return nil, err
		}
		c.FinishFailuresUrl = failures.Url
		collect.environment["FINISH_FUNCTION"] = finish.Arn
		collect.allow = []statement{may("Finish", finish.Arn, "lambda:InvokeFunction")}
	}
	findings, _, err := b.worker(args.CollectQueue, collect)
	if err != nil {
		return nil, err
	}
	c.CollectQueueUrl, c.CollectDeadLettersUrl = findings.Url, findings.deadLetters.Url
	return c.ownCheckers(b, args.Checkers, topic, findings)
}
