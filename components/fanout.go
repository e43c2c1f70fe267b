package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FanOutArgs are the arguments of a FanOut. An optional argument that is not set has a default for production use.
type FanOutArgs struct {
	Common Common `pulumi:"common,optional"`

	// Consumers are functions of your own that take published messages, by name. Each gets all messages, or those that match its filter.
	Consumers map[string]Consumer `pulumi:"consumers,optional"`
	// Routes are routes of the API in addition to those of Orders. Without Routes and Orders there is no API, and programs publish to the
	// topic FanOut.TopicArn.
	Routes []Route `pulumi:"routes,optional"`
	// Orders adds the built-in example: coffee orders, which are stored and invoiced. Default: none.
	Orders *FanOutOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required if there is an API.
	Authorizer Authorizer `pulumi:"authorizer,optional"`
	// Api holds the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// FanOutOrders configures the built-in example. POST /order publishes an order. GET /order and GET /invoice return the results.
type FanOutOrders struct {
	// Functions changes settings of the built-in functions, or replaces them with functions of your own. Keys: publish-order, store-order,
	// write-invoice, get-order, get-invoice. Default: the built-in functions with default settings.
	//
	// Environment variables: TOPIC_ARN for publish-order; TABLE_NAME for store-order and get-order; BUCKET_NAME for write-invoice and
	// get-invoice; QUEUE_URL and DEAD_LETTERS_URL for store-order and write-invoice; ALLOW_ORIGIN and AUTH for the functions behind the
	// API.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is the capacity of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
	// StoreQueue configures the queue between the topic and store-order. Default batches of [DefaultStoreBatchSize].
	StoreQueue QueueSettings `pulumi:"storeQueue,optional"`
	// InvoiceQueue configures the queue between the topic and write-invoice. Default batches of [DefaultInvoiceBatchSize].
	InvoiceQueue QueueSettings `pulumi:"invoiceQueue,optional"`
}

// FanOut is an SNS topic, and functions that each take all messages from their own SQS queue. An optional REST API has functions that
// publish to the topic.
//
// Delivery is at least once and unordered. A message that can never succeed goes to the dead-letter queue of its consumer at once. A
// message that fails for another reason is retried with growing delays, for longer than an outage of a day. After [DefaultMaxReceiveCount]
// receives it goes to the dead-letter queue. Other consumers are not affected. A function of your own decides which failures are permanent;
// package handlers/kit/sqsbatch implements this for functions in Go.
//
// With Orders, the component takes coffee orders over HTTP. One consumer stores them in a DynamoDB table, another one writes invoices to an
// S3 bucket. Both are idempotent: the result is the same as if each message had been delivered once and in order.
type FanOut struct {
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
	// TopicArn is the ARN of the topic. A program that publishes to it needs the permission sns:Publish.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// ConsumerQueueUrls and ConsumerDeadLettersUrls hold the URLs of the queue and of the dead-letter queue of each of Consumers. The key
	// is the name of the consumer.
	ConsumerQueueUrls       pulumi.StringMapOutput `pulumi:"consumerQueueUrls"`
	ConsumerDeadLettersUrls pulumi.StringMapOutput `pulumi:"consumerDeadLettersUrls"`
	// TableName and TableArn identify the table of orders. Its partition key is accountid, its sort key is vendorid. Empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is the name of the bucket of invoices. Empty without Orders.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// StoreQueueUrl and InvoiceQueueUrl are the URLs of the queues of store-order and write-invoice. StoreDeadLettersUrl and
	// InvoiceDeadLettersUrl are the URLs of their dead-letter queues. Empty without Orders.
	StoreQueueUrl         pulumi.StringOutput `pulumi:"storeQueueUrl"`
	StoreDeadLettersUrl   pulumi.StringOutput `pulumi:"storeDeadLettersUrl"`
	InvoiceQueueUrl       pulumi.StringOutput `pulumi:"invoiceQueueUrl"`
	InvoiceDeadLettersUrl pulumi.StringOutput `pulumi:"invoiceDeadLettersUrl"`
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
	// Functions describes each Lambda function. The key is the name of the consumer; the name of the zip for built-in functions; or the
	// name of the route, such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const fanOutType = "order-patterns:components:FanOut"

// NewFanOut registers a FanOut. It validates all arguments before it registers anything. The error lists every argument that is not valid.
func NewFanOut(ctx *pulumi.Context, name string, args *FanOutArgs, opts ...pulumi.ResourceOption) (*FanOut, error) {
	f := &FanOut{}
	return register(ctx, fanOutType, name, f, args, f.build, opts...)
}

// Outputs returns the outputs by name, for a stack to export.
func (f *FanOut) Outputs() pulumi.Map { return outputs(f) }

// fanOutFunctions are the built-in functions.
var fanOutFunctions = append([]string{"publish-order", "store-order", "write-invoice"}, readFunctions...)

func (args *FanOutArgs) resolve(v *validator) shared {
	var packaged, routes []string
	if args.Orders != nil {
		orders := *args.Orders
		args.Orders = &orders
		all := resolveOurs(v, "Orders.Functions", orders.Functions, fanOutFunctions)
		orders.Functions, packaged, routes = all, all.packaged(), coffeeRoutes
		orders.Capacity = orders.Capacity.resolve(v, "Orders.Capacity")
		orders.StoreQueue = orders.StoreQueue.resolve(v, "Orders.StoreQueue", DefaultStoreBatchSize)
		orders.InvoiceQueue = orders.InvoiceQueue.resolve(v, "Orders.InvoiceQueue", DefaultInvoiceBatchSize)
		v.child(bucketName, "invoices")
	}
	args.Consumers = resolveConsumers(v, args.Consumers)
	if len(args.Consumers) == 0 && args.Orders == nil {
		v.addf("Consumers", "at least one is required without Orders")
	}
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

func (f *FanOut) build(b *builder, args *FanOutArgs) error {
	b.orders = args.Orders != nil
	name := "messages"
	if args.Orders != nil {
		name = "orders"
	}
	topic, err := b.topic(name)
	if err != nil {
		return err
	}
	f.TopicArn = topic.Arn
	api := OrderApiArgs{Authorizer: args.Authorizer, Settings: args.Api}
	if api.Routes, api.DependsOn, err = f.orders(b, args, topic); err != nil {
		return err
	}
	queues, letters := pulumi.StringMap{}, pulumi.StringMap{}
	for _, name := range slices.Sorted(maps.Keys(args.Consumers)) {
		q, ready, err := b.ownConsumer(topic, name, args.Consumers[name])
		if err != nil {
			return err
		}
		queues[name], letters[name] = q.Url, q.deadLetters.Url
		api.DependsOn = append(api.DependsOn, ready...)
	}
	f.ConsumerQueueUrls, f.ConsumerDeadLettersUrls = queues.ToStringMapOutput(), letters.ToStringMapOutput()
	if f.Api, err = b.api(api, args.Routes, publisher(topic)); err != nil {
		return err
	}
	f.Url, f.AccessLogGroup, f.Auth, f.RouteArns = f.Api.outputs()
	f.KeyArn, f.KeyPolicy = b.keyOutputs()
	f.Functions = b.functionInfos()
	f.Alarms, f.AlarmArn, f.AlarmTopicArn, f.DashboardName, err = b.watch()
	return err
}

// orders creates what Orders needs. It returns the routes, and what must exist before they are called.
func (f *FanOut) orders(b *builder, args *FanOutArgs, topic *sns.Topic) ([]Route, []pulumi.Resource, error) {
	none := pulumi.String("").ToStringOutput()
	f.TableName, f.TableArn, f.BucketName = none, none, none
	f.StoreQueueUrl, f.StoreDeadLettersUrl, f.InvoiceQueueUrl, f.InvoiceDeadLettersUrl = none, none, none, none
	if args.Orders == nil {
		return nil, nil, nil
	}
	ours := functions(args.Orders.Functions)
	store, err := b.orderStore(args.Orders.Capacity, ours, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return nil, nil, err
	}
	b.watchFailing()
	publish, err := b.function(functionSpec{
		name: "publish-order", description: "Validates an order and publishes it", settings: ours["publish-order"],
		environment: args.Authorizer.environment(pulumi.StringMap{"TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": stringOf(args.Api.AllowOrigin)}),
		allow:       []statement{may("PublishOrder", topic.Arn, "sns:Publish")},
	})
	if err != nil {
		return nil, nil, err
	}
	storing, storeReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.StoreQueue}, functionSpec{
		name: "store-order", description: "Stores orders in the table", settings: ours["store-order"],
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	})
	if err != nil {
		return nil, nil, err
	}
	invoicing, invoiceReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.InvoiceQueue}, functionSpec{
		name: "write-invoice", description: "Writes invoices to the bucket", settings: ours["write-invoice"],
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	})
	if err != nil {
		return nil, nil, err
	}
	f.TableName, f.TableArn = store.table.Name, store.table.Arn
	f.BucketName = store.bucket.Bucket
	f.StoreQueueUrl, f.StoreDeadLettersUrl = storing.Url, storing.deadLetters.Url
	f.InvoiceQueueUrl, f.InvoiceDeadLettersUrl = invoicing.Url, invoicing.deadLetters.Url
	return store.routes(orderToFunction(publish)), slices.Concat(storeReady, invoiceReady), nil
}
