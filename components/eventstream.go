package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EventStreamArgs configure an EventStream. The zero value of each is a default fit for production.
type EventStreamArgs struct {
	// Packages is the folder with the functions' zips. Default build/ARCHITECTURE, where `make build` puts them.
	Packages string
	// Architecture is ARM64 or X8664. Default: what the zips were built for; ARM64 where Packages is not set either.
	Architecture string

	// Append takes orders over HTTP. Default 512 MB, 10 s.
	Append FunctionSettings
	// Project applies the stream's orders to the table. Default 512 MB, 30 s.
	Project FunctionSettings
	// Invoice writes invoices of the stream's orders. Default 512 MB, 30 s.
	Invoice FunctionSettings
	// Read answers the GET routes. Default 256 MB, 10 s.
	Read FunctionSettings

	// Stream sizes the stream. Default on-demand, with records kept for a week.
	Stream StreamSettings
	// ProjectReader is how Project reads the stream. Default batches of up to 100, without waiting for them to fill.
	ProjectReader ReaderSettings
	// InvoiceReader is how Invoice reads the stream. Default batches of up to 100, without waiting for them to fill.
	InvoiceReader ReaderSettings

	// DeleteData lets the stream, the table and the bucket go, with all that is in them, when the stack does. By default
	// they are protected, and the table can be restored to any second of the last 35 days.
	DeleteData bool

	// Api are the settings of the REST API. Its log retention and tags are those of all resources.
	Api ApiSettings
}

// EventStream takes an order over HTTP and appends it, as an event, to a Kinesis stream, where an account's events keep
// their order. Two functions read the stream independently of each other: one keeps a DynamoDB table that shows the
// active orders, one writes invoices to an S3 bucket. The stream is kept, so that either can be made again from it.
//
// A record that fails time and again is named in the failure queue of the reader that it failed in, with the shard and the
// sequence number under which it is still in the stream; the other reader does not notice.
type EventStream struct {
	pulumi.ResourceState

	// Api is the REST API: POST /order, GET /order, GET /invoice.
	Api *OrderApi
	// Url is where the API answers, the stage included.
	Url pulumi.StringOutput
	// StreamName and StreamArn are of the stream of order events. Read it to add a consumer.
	StreamName, StreamArn pulumi.StringOutput
	// TableName and TableArn are of the table of orders, keyed accountid and vendorid.
	TableName, TableArn pulumi.StringOutput
	// BucketName is of the bucket of invoices.
	BucketName pulumi.StringOutput
	// ProjectFailuresUrl and InvoiceFailuresUrl are the queues that tell which records a reader failed with for good.
	ProjectFailuresUrl, InvoiceFailuresUrl pulumi.StringOutput

	functions pulumi.Map
}

const eventStreamType = "order-patterns:components:EventStream"

// NewEventStream registers an EventStream. It refuses bad arguments, all at once, before it registers anything.
func NewEventStream(ctx *pulumi.Context, name string, args *EventStreamArgs, opts ...pulumi.ResourceOption) (*EventStream, error) {
	settled, pkgs, err := args.settle(name)
	if err != nil {
		return nil, err
	}
	e := &EventStream{}
	build := func() error { return e.build(ctx, name, settled, pkgs) }
	return e, register(ctx, eventStreamType, name, e, build, opts...)
}

// settle validates the arguments and returns them with every default in place, and the packages that they name.
func (args *EventStreamArgs) settle(name string) (*EventStreamArgs, packages, error) {
	settled := EventStreamArgs{}
	if args != nil {
		settled = *args
	}
	p := &problems{}
	settled.Append.validate(p, "Append")
	settled.Project.validate(p, "Project")
	settled.Invoice.validate(p, "Invoice")
	settled.Read.validate(p, "Read")
	settled.Stream.validate(p, "Stream")
	settled.ProjectReader.validate(p, "ProjectReader")
	settled.InvoiceReader.validate(p, "InvoiceReader")
	settled.Api.validate(p, "Api.")
	pkgs := findPackages(p, settled.Packages, settled.Architecture,
		slices.Concat([]string{"append-order", "project-order", "invoice-order"}, readFunctions)...)

	settled.Append = settled.Append.withDefaults(512, 10)
	settled.Project = settled.Project.withDefaults(512, 30)
	settled.Invoice = settled.Invoice.withDefaults(512, 30)
	settled.Read = settled.Read.withDefaults(256, 10)
	settled.Stream = settled.Stream.withDefaults()
	settled.ProjectReader = settled.ProjectReader.withDefaults()
	settled.InvoiceReader = settled.InvoiceReader.withDefaults()
	settled.Api = settled.Api.withDefaults()
	return &settled, pkgs, p.err(eventStreamType, name)
}

func (e *EventStream) build(ctx *pulumi.Context, name string, args *EventStreamArgs, pkgs packages) error {
	parent := pulumi.Parent(e)
	watch := observe{logRetentionDays: args.Api.LogRetentionDays}
	tags := pulumi.ToStringMap(args.Api.Tags)

	store, err := newOrderStore(ctx, name, orderStoreArgs{
		packages: pkgs, read: args.Read, deleteData: args.DeleteData,
		allowOrigin: args.Api.AllowOrigin, observe: watch, tags: tags,
	}, parent)
	if err != nil {
		return err
	}

	// The stream holds what the table can be made of again.
	stream, err := newStream(ctx, name+"-events", args.Stream, tags, protect(args.DeleteData, parent)...)
	if err != nil {
		return err
	}
	appending, err := newFunction(ctx, name+"-append-order", functionArgs{
		pkg: "append-order", packages: pkgs, settings: args.Append, observe: watch, tags: tags,
		description: "Validates an order and appends it to the stream",
		environment: pulumi.StringMap{"STREAM_ARN": stream.Arn, "ALLOW_ORIGIN": pulumi.String(args.Api.AllowOrigin)},
		allow: []statement{{
			sid: "AppendOrder", actions: []string{"kinesis:PutRecord"}, resources: []pulumi.StringInput{stream.Arn},
		}},
	}, parent)
	if err != nil {
		return err
	}
	projecting, err := newReader(ctx, name+"-project-order", stream, args.ProjectReader, functionArgs{
		pkg: "project-order", packages: pkgs, settings: args.Project, observe: watch, tags: tags,
		description: "Applies the stream's orders to the table",
		environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
		allow:       []statement{store.mayStore()},
	}, parent)
	if err != nil {
		return err
	}
	invoicing, err := newReader(ctx, name+"-invoice-order", stream, args.InvoiceReader, functionArgs{
		pkg: "invoice-order", packages: pkgs, settings: args.Invoice, observe: watch, tags: tags,
		description: "Writes invoices of the stream's orders to the bucket",
		environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		allow:       []statement{store.mayInvoice()},
	}, parent)
	if err != nil {
		return err
	}

	e.Api, err = NewOrderApi(ctx, name+"-api", &OrderApiArgs{
		Routes:      store.routes(placement{function: appending.Function}),
		ApiSettings: args.Api,
	}, parent)
	if err != nil {
		return err
	}
	e.Url = e.Api.Url
	e.StreamName, e.StreamArn = stream.Name, stream.Arn
	e.TableName, e.TableArn = store.table.Name, store.table.Arn
	e.BucketName = store.bucket.Bucket
	e.ProjectFailuresUrl, e.InvoiceFailuresUrl = projecting.failures.Url, invoicing.failures.Url
	e.functions = pulumi.Map{
		"append-order":  appending.outputs(),
		"project-order": projecting.function.outputs(),
		"invoice-order": invoicing.function.outputs(),
		"get-order":     store.getOrder.outputs(),
		"get-invoice":   store.getInvoice.outputs(),
	}
	return nil
}

// Outputs are what a stack exports of the pattern.
func (e *EventStream) Outputs() pulumi.Map {
	return pulumi.Map{
		"url":                e.Url,
		"streamName":         e.StreamName,
		"streamArn":          e.StreamArn,
		"tableName":          e.TableName,
		"tableArn":           e.TableArn,
		"bucketName":         e.BucketName,
		"projectFailuresUrl": e.ProjectFailuresUrl,
		"invoiceFailuresUrl": e.InvoiceFailuresUrl,
		"accessLogGroup":     e.Api.AccessLogGroup,
		"functions":          e.functions,
	}
}
