package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FanOutArgs configure a FanOut. What is not set has a default fit for production.
type FanOutArgs struct {
	Common Common `pulumi:"common,optional"`
	// Authorizer says who may call the API. Required.
	Authorizer Authorizer `pulumi:"authorizer"`

	// Publish takes orders over HTTP. Default [IntakeSize].
	Publish FunctionSettings `pulumi:"publish,optional"`
	// Store stores orders. Default [WorkerSize].
	Store FunctionSettings `pulumi:"store,optional"`
	// Invoice writes invoices. Default [InvoiceSize].
	Invoice FunctionSettings `pulumi:"invoice,optional"`
	// Read answers the GET routes. Default [ReadSize].
	Read FunctionSettings `pulumi:"read,optional"`

	// Capacity is that of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`

	// StoreQueue is the queue between the topic and Store. Default batches of [DefaultStoreBatchSize].
	StoreQueue QueueSettings `pulumi:"storeQueue,optional"`
	// InvoiceQueue is the queue between the topic and Invoice. Default batches of [DefaultInvoiceBatchSize].
	InvoiceQueue QueueSettings `pulumi:"invoiceQueue,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// FanOut takes an order over HTTP and publishes it to an SNS topic. The topic sends it to two SQS queues. The function of
// one stores the order in a DynamoDB table, the function of the other writes its invoice to an S3 bucket.
//
// Delivery is at least once and unordered; the table and the bucket end up as if each message had been delivered once and
// in order. A message that can never succeed goes to the dead-letter queue of its consumer at once. A message that fails
// for another reason is tried at growing intervals, for longer than an outage of a day, and goes there after
// [DefaultMaxReceiveCount] receives. The other consumer is not affected.
type FanOut struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// TopicArn is the topic that accepted orders are published to. Subscribe to it to add a consumer.
	TopicArn pulumi.StringOutput `pulumi:"topicArn"`
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// StoreQueueUrl and InvoiceQueueUrl are the consumers' queues, and StoreDeadLettersUrl and InvoiceDeadLettersUrl their
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
	// Functions are the functions by the names of their zips.
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

func (args *FanOutArgs) resolve(v *validator) shared {
	args.Publish = args.Publish.resolve(v, "Publish", IntakeSize)
	args.Store = args.Store.resolve(v, "Store", WorkerSize)
	args.Invoice = args.Invoice.resolve(v, "Invoice", InvoiceSize)
	args.Read = args.Read.resolve(v, "Read", ReadSize)
	args.Capacity = args.Capacity.resolve(v, "Capacity")
	args.StoreQueue = args.StoreQueue.resolve(v, "StoreQueue", DefaultStoreBatchSize)
	args.InvoiceQueue = args.InvoiceQueue.resolve(v, "InvoiceQueue", DefaultInvoiceBatchSize)
	args.Api = args.Api.resolve(v, "Api")
	args.Authorizer = args.Authorizer.resolve(v, "api-", args.Authorizer.Kind == AuthJwt)
	v.child(bucketName, "invoices")
	return args.Common.resolve(v, slices.Concat([]string{"publish-order", "store-order", "write-invoice"}, readFunctions, args.Authorizer.functions())...)
}

func (f *FanOut) build(b *builder, args *FanOutArgs) error {
	store, err := b.orderStore(args.Capacity, args.Read, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return err
	}
	topic, err := b.topic("orders")
	if err != nil {
		return err
	}
	publish, err := b.function(functionSpec{
		zip: "publish-order", description: "Validates an order and publishes it", settings: args.Publish,
		environment: args.Authorizer.environment(pulumi.StringMap{"TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": stringOf(args.Api.AllowOrigin)}),
		allow:       []statement{may("PublishOrder", topic.Arn, "sns:Publish")},
	})
	if err != nil {
		return err
	}
	storing, storeReady, err := b.subscriber(topic, args.StoreQueue, functionSpec{
		zip: "store-order", description: "Stores orders in the table", settings: args.Store,
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	})
	if err != nil {
		return err
	}
	invoicing, invoiceReady, err := b.subscriber(topic, args.InvoiceQueue, functionSpec{
		zip: "write-invoice", description: "Writes invoices to the bucket", settings: args.Invoice,
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	})
	if err != nil {
		return err
	}
	f.Api, err = b.api(OrderApiArgs{
		Routes:     store.routes(orderToFunction(publish)),
		Authorizer: args.Authorizer,
		Settings:   args.Api,
		DependsOn:  slices.Concat(storeReady, invoiceReady),
	})
	if err != nil {
		return err
	}
	f.Url, f.AccessLogGroup = f.Api.Url, f.Api.AccessLogGroup
	f.TopicArn = topic.Arn
	f.TableName, f.TableArn = store.table.Name, store.table.Arn
	f.BucketName = store.bucket.Bucket
	f.StoreQueueUrl, f.StoreDeadLettersUrl = storing.Url, storing.deadLetters.Url
	f.InvoiceQueueUrl, f.InvoiceDeadLettersUrl = invoicing.Url, invoicing.deadLetters.Url
	f.Auth, f.RouteArns = f.Api.Auth, f.Api.RouteArns
	f.KeyArn, f.KeyPolicy = b.keyOutputs()
	f.Functions = b.functionInfos()
	f.Alarms, f.AlarmArn, f.AlarmTopicArn, f.DashboardName, err = b.watch()
	return err
}
