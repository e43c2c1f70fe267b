package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FanOutArgs configure a FanOut. The zero value of each is a default fit for production.
type FanOutArgs struct {
	// Packages is the folder with the functions' zips. Default build/ARCHITECTURE, where `make build` puts them.
	Packages string
	// Architecture is ARM64 or X8664. Default: what the zips were built for; ARM64 where Packages is not set either.
	Architecture string

	// Publish takes orders over HTTP. Default 512 MB, 10 s.
	Publish FunctionSettings
	// Store stores orders. Default 512 MB, 30 s.
	Store FunctionSettings
	// Invoice writes invoices. Default 128 MB, 30 s.
	Invoice FunctionSettings
	// Read answers the GET routes. Default 256 MB, 10 s.
	Read FunctionSettings

	// StoreQueue is the way from the topic to Store. Default batches of 10.
	StoreQueue QueueSettings
	// InvoiceQueue is the way from the topic to Invoice. Default batches of 5.
	InvoiceQueue QueueSettings

	// DeleteData lets the table and the bucket go, with all that is in them, when the stack does. By default both are
	// protected, and the table can be restored to any second of the last 35 days.
	DeleteData bool

	// Api are the settings of the REST API. Its log retention and tags are those of all resources.
	Api ApiSettings
}

// FanOut takes an order over HTTP and publishes it to an SNS topic. From there two SQS queues bring it, independently
// of each other, to a function that stores it in a DynamoDB table and one that writes its invoice to an S3 bucket.
//
// Messages come at least once and in any order; the table and the bucket end up as if each had come once and in order.
// A message that fails five times goes to the dead-letter queue of the consumer that it failed in; the other consumer
// does not notice.
type FanOut struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
	Api *OrderApi
	// Url is where the API answers, the stage included.
	Url pulumi.StringOutput
	// TopicArn is the topic that accepted orders are published to. Subscribe to it to add a consumer.
	TopicArn pulumi.StringOutput
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
	TableName, TableArn pulumi.StringOutput
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput
	// StoreQueueUrl and InvoiceQueueUrl are the consumers' queues.
	StoreQueueUrl, InvoiceQueueUrl pulumi.StringOutput
	// StoreDeadLettersUrl and InvoiceDeadLettersUrl are where messages go that fail too often.
	StoreDeadLettersUrl, InvoiceDeadLettersUrl pulumi.StringOutput

	functions pulumi.Map // name and log group of each function
}

const fanOutType = "order-patterns:components:FanOut"

// NewFanOut registers a FanOut. It refuses bad arguments, all at once, before it registers anything.
func NewFanOut(ctx *pulumi.Context, name string, args *FanOutArgs, opts ...pulumi.ResourceOption) (*FanOut, error) {
	settled, pkgs, err := args.settle(name)
	if err != nil {
		return nil, err
	}
	f := &FanOut{}
	build := func() error { return f.build(ctx, name, settled, pkgs) }
	return f, register(ctx, fanOutType, name, f, build, opts...)
}

// settle validates the arguments and returns them with every default in place, and the packages that they name.
func (args *FanOutArgs) settle(name string) (*FanOutArgs, packages, error) {
	settled := FanOutArgs{}
	if args != nil {
		settled = *args
	}
	p := &problems{}
	settled.Publish.validate(p, "Publish")
	settled.Store.validate(p, "Store")
	settled.Invoice.validate(p, "Invoice")
	settled.Read.validate(p, "Read")
	settled.StoreQueue.validate(p, "StoreQueue")
	settled.InvoiceQueue.validate(p, "InvoiceQueue")
	settled.Api.validate(p, "Api.")
	pkgs := findPackages(p, settled.Packages, settled.Architecture,
		append([]string{"publish-order", "store-order", "write-invoice"}, readFunctions...)...)

	settled.Publish = settled.Publish.withDefaults(512, 10)
	settled.Store = settled.Store.withDefaults(512, 30)
	settled.Invoice = settled.Invoice.withDefaults(128, 30)
	settled.Read = settled.Read.withDefaults(256, 10)
	settled.StoreQueue = settled.StoreQueue.withDefaults(10)
	settled.InvoiceQueue = settled.InvoiceQueue.withDefaults(5)
	settled.Api = settled.Api.withDefaults()
	return &settled, pkgs, p.err(fanOutType, name)
}

func (f *FanOut) build(ctx *pulumi.Context, name string, args *FanOutArgs, pkgs packages) error {
	parent := pulumi.Parent(f)
	watch := observe{logRetentionDays: args.Api.LogRetentionDays}
	tags := pulumi.ToStringMap(args.Api.Tags)

	store, err := newOrderStore(ctx, name, orderStoreArgs{
		packages: pkgs, read: args.Read, deleteData: args.DeleteData,
		allowOrigin: args.Api.AllowOrigin, observe: watch, tags: tags,
	}, parent)
	if err != nil {
		return err
	}

	topic, err := sns.NewTopic(ctx, name+"-orders", &sns.TopicArgs{
		// Encrypted at rest with the key that AWS manages for SNS. SNS decrypts before it delivers, so the queues need
		// no permission for it.
		KmsMasterKeyId: pulumi.String("alias/aws/sns"),
		Tags:           tags,
	}, parent)
	if err != nil {
		return err
	}
	publish, err := newFunction(ctx, name+"-publish-order", functionArgs{
		pkg: "publish-order", packages: pkgs, settings: args.Publish, observe: watch, tags: tags,
		description: "Validates an order and publishes it",
		environment: pulumi.StringMap{"TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": pulumi.String(args.Api.AllowOrigin)},
		allow: []statement{{
			sid: "PublishOrder", actions: []string{"sns:Publish"}, resources: []pulumi.StringInput{topic.Arn},
		}},
	}, parent)
	if err != nil {
		return err
	}

	storing, err := newConsumer(ctx, name+"-store-order", topic, args.StoreQueue, functionArgs{
		pkg: "store-order", packages: pkgs, settings: args.Store, observe: watch, tags: tags,
		description: "Stores orders in the table",
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	}, parent)
	if err != nil {
		return err
	}
	invoicing, err := newConsumer(ctx, name+"-write-invoice", topic, args.InvoiceQueue, functionArgs{
		pkg: "write-invoice", packages: pkgs, settings: args.Invoice, observe: watch, tags: tags,
		description: "Writes invoices to the bucket",
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	}, parent)
	if err != nil {
		return err
	}

	f.Api, err = NewOrderApi(ctx, name+"-api", &OrderApiArgs{
		Routes:      store.routes(placement{function: publish.Function}),
		ApiSettings: args.Api,
		DependsOn:   append(storing.ready, invoicing.ready...),
	}, parent)
	if err != nil {
		return err
	}
	f.Url = f.Api.Url
	f.TopicArn = topic.Arn
	f.TableName, f.TableArn = store.table.Name, store.table.Arn
	f.BucketName = store.bucket.Bucket
	f.StoreQueueUrl, f.StoreDeadLettersUrl = storing.queue.Url, storing.queue.deadLetters.Url
	f.InvoiceQueueUrl, f.InvoiceDeadLettersUrl = invoicing.queue.Url, invoicing.queue.deadLetters.Url
	f.functions = pulumi.Map{
		"publish-order": publish.outputs(),
		"store-order":   storing.function.outputs(),
		"write-invoice": invoicing.function.outputs(),
		"get-order":     store.getOrder.outputs(),
		"get-invoice":   store.getInvoice.outputs(),
	}
	return nil
}

// Outputs are what a stack exports of the pattern.
func (f *FanOut) Outputs() pulumi.Map {
	return pulumi.Map{
		"url":                   f.Url,
		"topicArn":              f.TopicArn,
		"tableName":             f.TableName,
		"tableArn":              f.TableArn,
		"bucketName":            f.BucketName,
		"storeQueueUrl":         f.StoreQueueUrl,
		"storeDeadLettersUrl":   f.StoreDeadLettersUrl,
		"invoiceQueueUrl":       f.InvoiceQueueUrl,
		"invoiceDeadLettersUrl": f.InvoiceDeadLettersUrl,
		"accessLogGroup":        f.Api.AccessLogGroup,
		"functions":             f.functions,
	}
}

// consumer is a function that a topic reaches through a queue of its own.
type consumer struct {
	queue    *queue
	function *function
	ready    []pulumi.Resource // what must be in place before the topic takes its first message
}

func newConsumer(ctx *pulumi.Context, name string, topic *sns.Topic, settings QueueSettings, args functionArgs,
	opts ...pulumi.ResourceOption,
) (*consumer, error) {
	c := &consumer{}
	var err error
	if c.queue, err = newQueue(ctx, name, settings, args.settings, args.tags, opts...); err != nil {
		return nil, err
	}
	args.allow = append(args.allow, c.queue.consume())
	if c.function, err = newFunction(ctx, name, args, opts...); err != nil {
		return nil, err
	}
	if c.ready, err = c.queue.subscribe(ctx, name, topic, opts...); err != nil {
		return nil, err
	}
	return c, c.queue.drain(ctx, name, settings, c.function, opts...)
}
