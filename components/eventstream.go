package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EventStreamArgs configure an EventStream. What is not set has a default fit for production.
type EventStreamArgs struct {
	Common Common `pulumi:"common,optional"`
	// Routes are what the API serves besides orders.
	Routes []Route `pulumi:"routes,optional"`
	// Authorizer says who may call the API. Required, unless there is none.
	Authorizer Authorizer `pulumi:"authorizer,optional"`

	// Stream sizes the stream. Default on-demand, with records kept for a week.
	Stream StreamSettings `pulumi:"stream,optional"`
	// Readers are functions of your own that read the stream, by name. Each reads all of it, or what passes its filter.
	Readers map[string]Reader `pulumi:"readers,optional"`
	// Orders adds our example: events of orders of coffee, which are kept in a table and invoiced. Default: none.
	Orders *EventStreamOrders `pulumi:"orders,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// EventStreamOrders are orders of coffee. POST /order appends an event, GET /order and GET /invoice answer what became of it.
type EventStreamOrders struct {
	// Functions changes ours, or puts functions of your own in their places: append-order, project-order, invoice-order, get-order,
	// get-invoice. Default: ours, as they are.
	//
	// Variables: of append-order STREAM_ARN; of project-order and get-order TABLE_NAME; of invoice-order and get-invoice BUCKET_NAME;
	// of project-order and invoice-order also FAILURES_URL; of those behind the API also ALLOW_ORIGIN and AUTH.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is that of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
	// ProjectReader and InvoiceReader are how project-order and invoice-order read the stream.
	ProjectReader ReaderSettings `pulumi:"projectReader,optional"`
	InvoiceReader ReaderSettings `pulumi:"invoiceReader,optional"`
}

// EventStream is a Kinesis stream of events, and functions that each read all of it, shard by shard, in order. An API in front of it
// has functions that append.
//
// A record that can never succeed goes to the failure queue of the reader that it failed in, and delays no other. One that
// fails for a reason that may pass is retried for days; then its position in the stream is reported to the same queue. The
// other readers are not affected. (Your own functions decide which is which: package handlers/kit/kinesisbatch does it for those written in
// Go.)
//
// With Orders it takes orders of coffee over HTTP, and appends them; an account's events keep their order. One reader keeps a
// DynamoDB table of the active orders, one writes invoices to an S3 bucket. The stream keeps its records, so that both can be
// rebuilt from it.
type EventStream struct {
	pulumi.ResourceState

	// Api is the REST API; nil without one. The next three are then empty.
	Api *OrderApi
	// Url is where the API answers: with the stage, or by its own domain name.
	Url pulumi.StringOutput `pulumi:"url"`
	// Auth is the kind of the API's authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order".
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`
	// StreamName and StreamArn are of the stream of order events. Read it to add a consumer.
	StreamName pulumi.StringOutput `pulumi:"streamName"`
	StreamArn  pulumi.StringOutput `pulumi:"streamArn"`
	// ReaderFailuresUrls are the queues with the records that Readers failed with for good, by name.
	ReaderFailuresUrls pulumi.StringMapOutput `pulumi:"readerFailuresUrls"`
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid. These and the next are empty without Orders.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// ProjectFailuresUrl and InvoiceFailuresUrl are the queues with the records that a reader of Orders failed with for good.
	ProjectFailuresUrl pulumi.StringOutput `pulumi:"projectFailuresUrl"`
	InvoiceFailuresUrl pulumi.StringOutput `pulumi:"invoiceFailuresUrl"`
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

const eventStreamType = "order-patterns:components:EventStream"

// NewEventStream registers an EventStream. It refuses bad arguments, all at once, before it registers anything.
func NewEventStream(ctx *pulumi.Context, name string, args *EventStreamArgs, opts ...pulumi.ResourceOption) (*EventStream, error) {
	e := &EventStream{}
	return register(ctx, eventStreamType, name, e, args, e.build, opts...)
}

// Outputs are the fields that a stack exports.
func (e *EventStream) Outputs() pulumi.Map { return outputs(e) }

// eventStreamFunctions are ours.
var eventStreamFunctions = append([]string{"append-order", "project-order", "invoice-order"}, readFunctions...)

func (args *EventStreamArgs) resolve(v *validator) shared {
	args.Stream = args.Stream.resolve(v, "Stream")
	v.taken("the stream", "events")
	var packaged, routes []string
	if args.Orders == nil {
		if len(args.Readers) == 0 {
			v.addf("Readers", "at least one is required, or Orders")
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

// orders makes what Orders asks for, and returns its routes.
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
		// A reader refuses what it does not know, so an older one must not read what a newer append-order writes.
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
