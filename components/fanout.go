package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FanOutArgs configure a FanOut. What is not set has a default fit for production.
type FanOutArgs struct {
	Common Common `pulumi:"common,optional"`

	// Consumers are functions of your own that take what is published, by name. Each gets all of it, or what passes its filter.
	Consumers map[string]Consumer `pulumi:"consumers,optional"`
	// Routes are what the API serves besides orders. Without routes and Orders there is no API: programs then publish to TopicArn.
	Routes []Route `pulumi:"routes,optional"`
	// Orders adds our example: orders of coffee, which are stored and invoiced. Default: none.
	Orders *FanOutOrders `pulumi:"orders,optional"`

	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`
	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// FanOutOrders are orders of coffee. POST /order publishes one, GET /order and GET /invoice answer what became of it.
type FanOutOrders struct {
	// Functions changes ours, or puts functions of your own in their places: publish-order, store-order, write-invoice, get-order,
	// get-invoice. Default: ours, as they are.
	//
	// Variables: of publish-order TOPIC_ARN; of store-order and get-order TABLE_NAME; of write-invoice and get-invoice BUCKET_NAME; of
	// store-order and write-invoice also QUEUE_URL and DEAD_LETTERS_URL; of those behind the API also ALLOW_ORIGIN and AUTH.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is that of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
	// StoreQueue is the queue between the topic and store-order. Default batches of [DefaultStoreBatchSize].
	StoreQueue QueueSettings `pulumi:"storeQueue,optional"`
	// InvoiceQueue is the queue between the topic and write-invoice. Default batches of [DefaultInvoiceBatchSize].
	InvoiceQueue QueueSettings `pulumi:"invoiceQueue,optional"`
}

// FanOut is an SNS topic, and functions that each take what is published to it from an SQS queue of their own. An API in front of it
// has functions that publish.
//
// Delivery is at least once and unordered. A message that can never succeed goes to the dead-letter queue of its consumer at once. A
// message that fails for another reason is tried at growing intervals, for longer than an outage of a day, and goes there after
// [DefaultMaxReceiveCount] receives. The other consumers are not affected. (Your own functions decide which is which: package
// handlers/kit/sqsbatch does it for those written in Go.)
//
// With Orders it takes orders of coffee over HTTP: one consumer stores them in a DynamoDB table, another one writes their invoices to
// an S3 bucket. Both end up as if each message had been delivered once and in order.
type FanOut struct {
	pulumi.ResourceState

	// Api is the REST API; nil without one. The next three are then empty.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// TopicArn is the topic. A program that publishes to it needs sns:Publish on it.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// ConsumerQueueUrls and ConsumerDeadLettersUrls are the queues of Consumers, and their dead-letter queues, by name.
	ConsumerQueueUrls       pulumi.StringMapOutput `pulumi:"consumerQueueUrls"`
	ConsumerDeadLettersUrls pulumi.StringMapOutput `pulumi:"consumerDeadLettersUrls"`
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid. These and the next are empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// StoreQueueUrl and InvoiceQueueUrl are the queues of Orders, and StoreDeadLettersUrl and InvoiceDeadLettersUrl their
	// dead-letter queues.
	StoreQueueUrl         pulumi.StringOutput `pulumi:"storeQueueUrl"`
	StoreDeadLettersUrl   pulumi.StringOutput `pulumi:"storeDeadLettersUrl"`
	InvoiceQueueUrl       pulumi.StringOutput `pulumi:"invoiceQueueUrl"`
	InvoiceDeadLettersUrl pulumi.StringOutput `pulumi:"invoiceDeadLettersUrl"`
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
	// Functions are the functions by name: that of a consumer; of ours that of its zip; of a route such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const fanOutType = "order-patterns:components:FanOut"

// NewFanOut registers a FanOut. It refuses bad arguments, all at once, before it registers anything.
func NewFanOut(ctx *pulumi.Context, name string, args *FanOutArgs, opts ...pulumi.ResourceOption) (*FanOut, error) {
	f := &FanOut{}
	return register(ctx, fanOutType, name, f, args, f.build, opts...)
}

// Outputs are the fields that a stack exports.
func (f *FanOut) Outputs() pulumi.Map { return outputs(f) }

// fanOutFunctions are ours.
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
		v.addf("Consumers", "at least one is required, or Orders")
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

// orders makes what Orders asks for, and returns its routes, and what must be in place before they are called.
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
