package components

import (
	"reflect"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineArgs configure a CheckerPipeline. What is not set has a default fit for production.
type CheckerPipelineArgs struct {
	Common Common `pulumi:"common,optional"`

	// Checkers are functions of your own that check what is published, by name. With Orders they check orders, besides the customer's
	// account and the stock: an order is shipped only when all of them have passed it, and there can be [MaxCheckers] of them. At least one is
	// required, or Orders.
	Checkers map[string]Checker `pulumi:"checkers,optional"`
	// Collect is a function of your own that takes the findings from their queue, in batches, as the function of a Checker takes
	// messages. It gets the variables QUEUE_URL and DEAD_LETTERS_URL, and FINISH_FUNCTION if there is Finish. It decides what a finding
	// looks like. Required, unless there is Orders, whose update-order does it. Default [UpdateSize].
	Collect *Function `pulumi:"collect,optional"`
	// CollectQueue is the queue of the findings, between Checkers and Collect. Default batches of [DefaultConsumerBatchSize].
	CollectQueue QueueSettings `pulumi:"collectQueue,optional"`
	// Finish is a function of your own that Collect invokes, by its ARN in FINISH_FUNCTION, when all findings are there. If Collect does
	// not wait for it, Lambda retries it twice, for 6 hours at most, and then sends a message about it to FinishFailuresUrl. Default
	// [ShipSize], and no such function.
	Finish *Function `pulumi:"finish,optional"`
	// Routes are what the API serves besides orders. Without routes and Orders there is no API: programs then publish to TopicArn.
	Routes []Route `pulumi:"routes,optional"`
	// Orders adds our example: orders of a shop, of which the customer's account and the stock are checked. Default: none.
	Orders *CheckerPipelineOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`
	// UsagePlan limits each client of the API.
	UsagePlan UsagePlan `pulumi:"usagePlan,optional"`
	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// CheckerPipeline is an SNS topic, functions that each check what is published to it, in parallel, from an SQS queue of their own, and
// a queue of what they found. One function collects the findings, and another one finishes what has passed. An API in front of the
// topic has functions that publish.
//
// Messages and findings are delivered at least once and unordered; none is lost. A message that can never succeed goes to its queue's
// dead-letter queue at once. A message that fails for another reason is tried at growing intervals, for longer than an outage of a
// day, and goes there after [DefaultMaxReceiveCount] receives. (Your own functions decide which is which: package
// handlers/kit/sqsbatch does it for those written in Go.)
//
// With Orders it takes an order over HTTP, stores it and publishes it. An outbox, a queue that the order's id is sent to before, has
// it published if that was interrupted. Two checkers check whether the customer has the credit and the shop the stock; Checkers add
// to them. When all findings are good the order is shipped: credit, stock and the order's status change in one transaction, exactly
// once, and never below zero. A checker never writes the order: a finding is applied by a conditional update.
type CheckerPipeline struct {
	pulumi.ResourceState

	// Api is the REST API; nil without one. The next four are then empty.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// ApiKey is the value of the usage plan's API key, a secret; empty if none is required.
	ApiKey pulumi.StringOutput `pulumi:"apiKey"`
	// TopicArn is the topic that the checkers read. A program that publishes to it needs sns:Publish on it.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// CheckerQueueUrls and CheckerDeadLettersUrls are the queues of Checkers, and their dead-letter queues, by name.
	CheckerQueueUrls       pulumi.StringMapOutput `pulumi:"checkerQueueUrls"`
	CheckerDeadLettersUrls pulumi.StringMapOutput `pulumi:"checkerDeadLettersUrls"`
	// CollectQueueUrl and CollectDeadLettersUrl are the queue of the findings for Collect, and its dead-letter queue. Empty with Orders.
	CollectQueueUrl       pulumi.StringOutput `pulumi:"collectQueueUrl"`
	CollectDeadLettersUrl pulumi.StringOutput `pulumi:"collectDeadLettersUrl"`
	// FinishFailuresUrl is the queue with a message about each asynchronous invocation of Finish that failed for good; empty without it.
	FinishFailuresUrl pulumi.StringOutput `pulumi:"finishFailuresUrl"`
	// OrdersTableName, AccountsTableName and StockTableName are the tables', keyed orderId, customerId and productId. These and the next
	// are empty without Orders.
	OrdersTableName   pulumi.StringOutput `pulumi:"ordersTableName"`
	AccountsTableName pulumi.StringOutput `pulumi:"accountsTableName"`
	StockTableName    pulumi.StringOutput `pulumi:"stockTableName"`
	// The queues of check-balance, of check-stock, and of update-order, which has the findings, each with its dead-letter queue.
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
	// Functions are the functions by name: that of a checker; collect and finish; of ours that of its zip; of a route such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const checkerPipelineType = "order-patterns:components:CheckerPipeline"

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
		args.resolveOwn(v)
	} else {
		args.Orders, packaged = args.Orders.resolve(v)
		routes = checkerRoutes
		for _, field := range []struct {
			path string
			in   any
		}{{"Collect", args.Collect}, {"CollectQueue", args.CollectQueue}, {"Finish", args.Finish}} {
			if !reflect.ValueOf(field.in).IsZero() {
				v.addf(field.path, "is of use only without Orders, which has update-order and ship-order")
			}
		}
	}
	args.Checkers = resolveCheckers(v, args.Checkers, args.Orders != nil)
	if args.Orders == nil && len(args.Routes) == 0 && !reflect.ValueOf(args.UsagePlan).IsZero() {
		v.addf("UsagePlan", "is of use only with Routes or Orders")
	}
	args.UsagePlan = args.UsagePlan.resolve(v, "UsagePlan")
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

// resolveOwn validates what there is only without Orders.
func (args *CheckerPipelineArgs) resolveOwn(v *validator) {
	if len(args.Checkers) == 0 {
		v.addf("Checkers", "at least one is required, or Orders")
	}
	if args.Collect == nil {
		v.addf("Collect", "is required, or Orders")
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

// pipeline makes the topic, and all that is behind it: that of Orders, or only what is your own. It adds to the API what it needs.
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

// own makes Finish, Collect and the checkers. It returns what must be in place before something is published.
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
