package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EventStreamArgs are the arguments of an EventStream. An optional argument that is not set has a default for production use.
type EventStreamArgs struct {
	Common Common `pulumi:"common,optional"`
	// Routes are routes of the API in addition to those of Orders.
	Routes []Route `pulumi:"routes,optional"`
	// Authorizer says who may call the API. Required if there is an API.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Stream configures the stream. Default on-demand capacity, and records are kept for a week.
	Stream StreamSettings `pulumi:"stream,optional"`
	// Readers are functions of your own that read the stream, by name. Each gets all records, or those that match its filter.
	Readers map[string]Reader `pulumi:"readers,optional"`
	// Orders adds the built-in example: events of coffee orders, which are kept in a table and invoiced. Default: none.
	Orders *EventStreamOrders `pulumi:"orders,optional"`

	// Api holds the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// EventStreamOrders configures the built-in example. POST /order appends an event. GET /order and GET /invoice return the results.
type EventStreamOrders struct {
	// Functions changes settings of the built-in functions, or replaces them with functions of your own. Keys: append-order, project-order,
	// invoice-order, get-order, get-invoice. Default: the built-in functions with default settings.
	//
	// Environment variables: STREAM_ARN for append-order; TABLE_NAME for project-order and get-order; BUCKET_NAME for invoice-order and
	// get-invoice; FAILURES_URL for project-order and invoice-order; ALLOW_ORIGIN and AUTH for the functions behind the API.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is the capacity of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
	// ProjectReader and InvoiceReader configure how project-order and invoice-order read the stream.
	ProjectReader ReaderSettings `pulumi:"projectReader,optional"`
	InvoiceReader ReaderSettings `pulumi:"invoiceReader,optional"`
}

// EventStream is a Kinesis stream of events, and functions that each read all of it, shard by shard, in order. An optional REST API has
// functions that append to the stream.
//
// A record that can never succeed goes to the failure queue of the reader in which it failed, and delays no other record. A record that
// fails for a reason that may pass is retried for days. Then its position in the stream is sent to the same queue. Other readers are not
// affected. A function of your own decides which failures are permanent; package handlers/kit/kinesisbatch implements this for functions in
// Go.
//
// With Orders, the component takes coffee orders over HTTP and appends them to the stream. The events of one account keep their order. One
// reader keeps a DynamoDB table of the active orders, another one writes invoices to an S3 bucket. Both can be rebuilt from the records
// that the stream retains.
type EventStream struct {
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
	// StreamName and StreamArn identify the stream. Another program can read it.
	StreamName pulumi.StringOutput `pulumi:"streamName"`
	StreamArn  pulumi.StringOutput `pulumi:"streamArn"`
	// ReaderFailuresUrls holds the URLs of the failure queues of Readers. The key is the name of the reader. A failure queue holds records
	// that the reader could not process.
	ReaderFailuresUrls pulumi.StringMapOutput `pulumi:"readerFailuresUrls"`
	// TableName and TableArn identify the table of orders. Its partition key is accountid, its sort key is vendorid. Empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is the name of the bucket of invoices. Empty without Orders.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// ProjectFailuresUrl and InvoiceFailuresUrl are the URLs of the failure queues of project-order and invoice-order. Empty without
	// Orders.
	ProjectFailuresUrl pulumi.StringOutput `pulumi:"projectFailuresUrl"`
	InvoiceFailuresUrl pulumi.StringOutput `pulumi:"invoiceFailuresUrl"`
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
	// Functions describes each Lambda function. The key is the name of the reader; the name of the zip for built-in functions; or the name
	// of the route, such as post-order.
	Functions FunctionInfoMapOutput `pulumi:"functions"`
}

const eventStreamType = "order-patterns:components:EventStream"

// NewEventStream registers an EventStream. It validates all arguments before it registers anything. The error lists every argument that is
// not valid.
func NewEventStream(ctx *pulumi.Context, name string, args *EventStreamArgs, opts ...pulumi.ResourceOption) (*EventStream, error) {
	e := &EventStream{}
	return register(ctx, eventStreamType, name, e, args, e.build, opts...)
}

// Outputs returns the outputs by name, for a stack to export.
func (e *EventStream) Outputs() pulumi.Map { return outputs(e) }

// eventStreamFunctions are the built-in functions.
var eventStreamFunctions = append([]string{"append-order", "project-order", "invoice-order"}, readFunctions...)

func (args *EventStreamArgs) resolve(v *validator) shared {
	args.Stream = args.Stream.resolve(v, "Stream")
	v.taken("the stream", "events")
	var packaged, routes []string
	if args.Orders == nil {
		if len(args.Readers) == 0 {
			v.addf("Readers", "at least one is required without Orders")
		}
	} else {
		orders := *args.Orders
		args.Orders = &orders
		all := resolveOurs(v, "Orders.Functions", orders.Functions, eventStreamFunctions)
		orders.Functions, packaged, routes = all, all.packaged(), coffeeRoutes
		orders.Capacity = orders.Capacity.resolve(v, "Orders.Capacity")
		orders.ProjectReader = orders.ProjectReader.resolve(v, "Orders.ProjectReader", args.Stream.RetentionHours)
		orders.InvoiceReader = orders.InvoiceReader.resolve(v, "Orders.InvoiceReader", args.Stream.RetentionHours)
		v.child(bucketName, "invoices")
	}
	args.Readers = resolveReaders(v, args.Readers, args.Stream.RetentionHours)
	return args.Common.resolve(v, append(packaged, front{&args.Routes, routes, &args.Authorizer, &args.Api}.resolve(v)...)...)
}

func (e *EventStream) build(b *builder, args *EventStreamArgs) error {
	b.orders = args.Orders != nil
	stream, err := b.stream("events", args.Stream)
	if err != nil {
		return err
	}
	e.StreamName, e.StreamArn = stream.Name, stream.Arn
	api := OrderApiArgs{Authorizer: args.Authorizer, Settings: args.Api}
	if api.Routes, err = e.orders(b, args, stream); err != nil {
		return err
	}
	failures := pulumi.StringMap{}
	for _, name := range slices.Sorted(maps.Keys(args.Readers)) {
		r := args.Readers[name]
		q, err := b.reader(stream, r, functionSpec{name: name, settings: r.Function, environment: pulumi.StringMap{}})
		if err != nil {
			return err
		}
		failures[name] = q.Url
	}
	e.ReaderFailuresUrls = failures.ToStringMapOutput()
	publisher := functionSpec{
		environment: pulumi.StringMap{"STREAM_ARN": stream.Arn},
		allow:       []statement{may("Append", stream.Arn, "kinesis:PutRecord", "kinesis:PutRecords")},
	}
	if e.Api, err = b.api(api, args.Routes, publisher); err != nil {
		return err
	}
	e.Url, e.AccessLogGroup, e.Auth, e.RouteArns = e.Api.outputs()
	e.KeyArn, e.KeyPolicy = b.keyOutputs()
	e.Functions = b.functionInfos()
	e.Alarms, e.AlarmArn, e.AlarmTopicArn, e.DashboardName, err = b.watch()
	return err
}

// orders creates what Orders needs, and returns its routes.
func (e *EventStream) orders(b *builder, args *EventStreamArgs, stream *kinesis.Stream) ([]Route, error) {
	none := pulumi.String("").ToStringOutput()
	e.TableName, e.TableArn, e.BucketName, e.ProjectFailuresUrl, e.InvoiceFailuresUrl = none, none, none, none, none
	if args.Orders == nil {
		return nil, nil
	}
	ours := args.Orders.Functions
	store, err := b.orderStore(args.Orders.Capacity, ours, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return nil, err
	}
	projectFailures, err := b.reader(stream, Reader{Settings: args.Orders.ProjectReader}, functionSpec{
		name: "project-order", description: "Applies the stream's orders to the table", settings: ours["project-order"],
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	})
	if err != nil {
		return nil, err
	}
	invoiceFailures, err := b.reader(stream, Reader{Settings: args.Orders.InvoiceReader}, functionSpec{
		name: "invoice-order", description: "Writes invoices of the stream's orders to the bucket", settings: ours["invoice-order"],
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	})
	if err != nil {
		return nil, err
	}
	appending, err := b.function(functionSpec{
		name: "append-order", description: "Validates an order and appends it to the stream", settings: ours["append-order"],
		environment: args.Authorizer.environment(pulumi.StringMap{"STREAM_ARN": stream.Arn, "ALLOW_ORIGIN": stringOf(args.Api.AllowOrigin)}),
		// A reader refuses records of a format that it does not know. So the readers are updated before append-order.
		after: []string{"project-order", "invoice-order"},
		allow: []statement{may("AppendOrder", stream.Arn, "kinesis:PutRecord")},
	})
	if err != nil {
		return nil, err
	}
	e.TableName, e.TableArn = store.table.Name, store.table.Arn
	e.BucketName = store.bucket.Bucket
	e.ProjectFailuresUrl, e.InvoiceFailuresUrl = projectFailures.Url, invoiceFailures.Url
	return store.routes(orderToFunction(appending)), nil
}
