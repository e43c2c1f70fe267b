package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EventStreamArgs configure an EventStream. What is not set has a default fit for production.
type EventStreamArgs struct {
	Common Common `pulumi:"common,optional"`
	// Authorizer says who may call the API. Required.
	Authorizer Authorizer `pulumi:"authorizer"`

	// Append takes orders over HTTP. Default [IntakeSize].
	Append FunctionSettings `pulumi:"append,optional"`
	// Project applies the stream's orders to the table. Default [WorkerSize].
	Project FunctionSettings `pulumi:"project,optional"`
	// Invoice writes invoices of the stream's orders. Default [WorkerSize].
	Invoice FunctionSettings `pulumi:"invoice,optional"`
	// Read answers the GET routes. Default [ReadSize].
	Read FunctionSettings `pulumi:"read,optional"`

	// Capacity is that of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`

	// Stream sizes the stream. Default on-demand, with records kept for a week.
	Stream StreamSettings `pulumi:"stream,optional"`
	// ProjectReader and InvoiceReader are how Project and Invoice read the stream.
	ProjectReader ReaderSettings `pulumi:"projectReader,optional"`
	InvoiceReader ReaderSettings `pulumi:"invoiceReader,optional"`

	// Api are the settings of the REST API.
	Api ApiSettings `pulumi:"api,optional"`
}

// EventStream takes an order over HTTP and appends it, as an event, to a Kinesis stream, where an account's events keep
// their order. Two functions read the stream independently of each other: one keeps a DynamoDB table of the active orders,
// one writes invoices to an S3 bucket. The stream keeps its records, so that both can be rebuilt from it.
//
// A record that can never succeed goes to the failure queue of the reader that it failed in, and delays no other. One that
// fails for a reason that may pass is retried for days; then its position in the stream is reported to the same queue. The
// other reader is not affected.
type EventStream struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
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
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
	TableName pulumi.StringOutput `pulumi:"tableName"`
	TableArn  pulumi.StringOutput `pulumi:"tableArn"`
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// ProjectFailuresUrl and InvoiceFailuresUrl are the queues with the records that a reader failed with for good.
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
	// Functions are the functions by the names of their zips.
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

func (args *EventStreamArgs) resolve(v *validator) shared {
	args.Append = args.Append.resolve(v, "Append", IntakeSize)
	args.Project = args.Project.resolve(v, "Project", WorkerSize)
	args.Invoice = args.Invoice.resolve(v, "Invoice", WorkerSize)
	args.Read = args.Read.resolve(v, "Read", ReadSize)
	args.Capacity = args.Capacity.resolve(v, "Capacity")
	args.Stream = args.Stream.resolve(v, "Stream")
	args.ProjectReader = args.ProjectReader.resolve(v, "ProjectReader", args.Stream.RetentionHours)
	args.InvoiceReader = args.InvoiceReader.resolve(v, "InvoiceReader", args.Stream.RetentionHours)
	args.Api = args.Api.resolve(v, "Api")
	args.Authorizer = args.Authorizer.resolve(v, "api-", args.Authorizer.Kind == AuthJwt)
	v.child(bucketName, "invoices")
	return args.Common.resolve(v, slices.Concat([]string{"append-order", "project-order", "invoice-order"}, readFunctions, args.Authorizer.functions())...)
}

func (e *EventStream) build(b *builder, args *EventStreamArgs) error {
	store, err := b.orderStore(args.Capacity, args.Read, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return err
	}
	stream, err := b.stream("events", args.Stream)
	if err != nil {
		return err
	}
	projectFailures, err := b.reader(stream, args.ProjectReader, functionSpec{
		zip: "project-order", description: "Applies the stream's orders to the table", settings: args.Project,
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	})
	if err != nil {
		return err
	}
	invoiceFailures, err := b.reader(stream, args.InvoiceReader, functionSpec{
		zip: "invoice-order", description: "Writes invoices of the stream's orders to the bucket", settings: args.Invoice,
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	})
	if err != nil {
		return err
	}
	appending, err := b.function(functionSpec{
		zip: "append-order", description: "Validates an order and appends it to the stream", settings: args.Append,
		environment: args.Authorizer.environment(pulumi.StringMap{"STREAM_ARN": stream.Arn, "ALLOW_ORIGIN": stringOf(args.Api.AllowOrigin)}),
		// A reader refuses what it does not know, so an older one must not read what a newer append-order writes.
		after: []string{"project-order", "invoice-order"},
		allow: []statement{may("AppendOrder", stream.Arn, "kinesis:PutRecord")},
	})
	if err != nil {
		return err
	}
	e.Api, err = b.api(OrderApiArgs{Routes: store.routes(orderToFunction(appending)), Authorizer: args.Authorizer, Settings: args.Api})
	if err != nil {
		return err
	}
	e.Url, e.AccessLogGroup = e.Api.Url, e.Api.AccessLogGroup
	e.StreamName, e.StreamArn = stream.Name, stream.Arn
	e.TableName, e.TableArn = store.table.Name, store.table.Arn
	e.BucketName = store.bucket.Bucket
	e.ProjectFailuresUrl, e.InvoiceFailuresUrl = projectFailures.Url, invoiceFailures.Url
	e.Auth, e.RouteArns = e.Api.Auth, e.Api.RouteArns
	e.KeyArn, e.KeyPolicy = b.keyOutputs()
	e.Functions = b.functionInfos()
	e.Alarms, e.AlarmArn, e.AlarmTopicArn, e.DashboardName, err = b.watch()
	return err
}
