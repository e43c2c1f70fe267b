package components_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	mappingType  = "aws:lambda/eventSourceMapping:EventSourceMapping"
	consumerType = "aws:kinesis/streamConsumer:StreamConsumer"
)

func TestTheStreamByDefault(t *testing.T) {
	c := eventStream(t, nil)
	has(t, c.inputs(t, streamType, "eventstream-events"), map[string]any{
		"streamModeDetails": map[string]any{"streamMode": "ON_DEMAND"}, "shardCount": nil, "retentionPeriod": 168.0,
		"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis", "name": nil,
	})
}

func TestTheStreamWithSettings(t *testing.T) {
	c := eventStream(t, func(a *components.EventStreamArgs) {
		a.Stream = components.StreamSettings{Shards: pulumi.Int(4), RetentionHours: pulumi.Int(24)}
	})
	has(t, c.inputs(t, streamType, "eventstream-events"), map[string]any{
		"streamModeDetails": map[string]any{"streamMode": "PROVISIONED"}, "shardCount": 4.0, "retentionPeriod": 24.0,
	})
}

func TestReadersByDefault(t *testing.T) {
	c := eventStream(t, nil)
	for _, name := range []string{"eventstream-project-order", "eventstream-invoice-order"} {
		require.Equal(t, map[string]any{
			"eventSourceArn": "arn:stream/eventstream-events", "functionName": "arn:function/" + name, "startingPosition": "TRIM_HORIZON",
			"batchSize": 100.0, "maximumBatchingWindowInSeconds": 0.0, "parallelizationFactor": 1.0,
			"maximumRetryAttempts": -1.0, "maximumRecordAgeInSeconds": 302400.0, "bisectBatchOnFunctionError": true,
			"functionResponseTypes": []any{"ReportBatchItemFailures"},
			"destinationConfig":     map[string]any{"onFailure": map[string]any{"destinationArn": "arn:queue/" + name + "-failures"}},
		}, c.inputs(t, mappingType, name+"-mapping"))
		has(t, c.inputs(t, queueType, name+"-failures"), map[string]any{"messageRetentionSeconds": 1209600.0, "sqsManagedSseEnabled": true})
		require.Contains(t, c.dependencies(t, mappingType, name+"-mapping"), "rolepolicy/"+name+"-policy")
	}
}

func TestReadersWithSettings(t *testing.T) {
	c := eventStream(t, func(a *components.EventStreamArgs) {
		a.Orders.ProjectReader = components.ReaderSettings{
			BatchSize: pulumi.Int(10), BatchingWindowSeconds: pulumi.Int(2), ParallelizationFactor: pulumi.Int(5), MaximumRetryAttempts: pulumi.Int(3), MaximumRecordAgeSeconds: pulumi.Int(3600),
			StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: "2026-01-31T08:30:00Z",
		}
		a.Orders.InvoiceReader.StartingPosition = "LATEST"
		a.Stream.RetentionHours = pulumi.Int(8760)
	})
	has(t, c.inputs(t, mappingType, "eventstream-project-order-mapping"), map[string]any{
		"batchSize": 10.0, "maximumBatchingWindowInSeconds": 2.0, "parallelizationFactor": 5.0, "maximumRetryAttempts": 3.0,
		"maximumRecordAgeInSeconds": 3600.0, "startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2026-01-31T08:30:00Z",
	})
	has(t, c.inputs(t, mappingType, "eventstream-invoice-order-mapping"), map[string]any{
		"batchSize": 100.0, "startingPosition": "LATEST", "startingPositionTimestamp": nil, "maximumRecordAgeInSeconds": 604800.0,
	})
}

func TestAReaderWithEnhancedFanOutHasItsOwnStreamConsumer(t *testing.T) {
	c := eventStream(t, func(a *components.EventStreamArgs) { a.Orders.ProjectReader.EnhancedFanOut = true })
	const name, stream, consumer = "eventstream-project-order", "arn:stream/eventstream-events", "arn:streamconsumer/eventstream-project-order"
	has(t, c.inputs(t, consumerType, name), map[string]any{"streamArn": stream, "name": nil})
	has(t, c.inputs(t, mappingType, name+"-mapping"), map[string]any{"eventSourceArn": consumer})
	has(t, c.inputs(t, mappingType, "eventstream-invoice-order-mapping"), map[string]any{"eventSourceArn": stream})
	got, _ := grants(t, c, name)
	require.Empty(t, cmp.Diff(allow(stream, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"), got["FindShards"]))
	require.Empty(t, cmp.Diff(allow(stream, "kinesis:GetShardIterator", "kinesis:GetRecords"), got["ReadRecords"]))
	require.Empty(t, cmp.Diff(allow(consumer, "kinesis:SubscribeToShard"), got["Subscribe"]))
}

func TestOutputsOfTheEventStream(t *testing.T) {
	args := &components.EventStreamArgs{Orders: &components.EventStreamOrders{}, Authorizer: open, Common: inFolder(t)}
	exports(t, components.NewEventStream, "eventstream", args, map[string]any{
		"url":                "https://stage/eventstream-api",
		"streamName":         "name:stream/eventstream-events",
		"streamArn":          "arn:stream/eventstream-events",
		"tableName":          "name:table/eventstream-orders",
		"tableArn":           "arn:table/eventstream-orders",
		"bucketName":         "name:bucketv2/eventstream-invoices",
		"projectFailuresUrl": "https://queue/eventstream-project-order-failures",
		"invoiceFailuresUrl": "https://queue/eventstream-invoice-order-failures",
		"readerFailuresUrls": map[string]string{},
		"accessLogGroup":     "name:loggroup/eventstream-api-access-logs",
		"auth":               "none",
		"routeArns": map[string]string{
			"POST /order": "arn:restapi/eventstream-api/prod/POST/order", "GET /order": "arn:restapi/eventstream-api/prod/GET/order",
			"GET /invoice": "arn:restapi/eventstream-api/prod/GET/invoice",
		},
	})
}

func TestEventStreamRefusesBadArgumentsAndRegistersNothing(t *testing.T) {
	type args = components.EventStreamArgs
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"memory", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"append-order": {MemoryMB: pulumi.Int(127)}}
		}, []string{"Orders.Functions.append-order.MemoryMB: must be from 128 to 10240, got 127"}},
		{"shards", func(a *args) { a.Stream.Shards = pulumi.Int(-1) }, []string{"Stream.Shards: must be from 1 to 10000, got -1"}},
		{"retention", func(a *args) { a.Stream.RetentionHours = pulumi.Int(23) }, []string{"Stream.RetentionHours: must be from 24 to 8760, got 23"}},
		{"batch size", func(a *args) { a.Orders.ProjectReader.BatchSize = pulumi.Int(10001) }, []string{"Orders.ProjectReader.BatchSize: must be from 1 to 10000, got 10001"}},
		{"window", func(a *args) { a.Orders.InvoiceReader.BatchingWindowSeconds = pulumi.Int(301) }, []string{"Orders.InvoiceReader.BatchingWindowSeconds: must be from 0 to 300, got 301"}},
		{"parallelization", func(a *args) { a.Orders.ProjectReader.ParallelizationFactor = pulumi.Int(11) }, []string{"Orders.ProjectReader.ParallelizationFactor: must be from 1 to 10, got 11"}},
		{"retries", func(a *args) { a.Orders.ProjectReader.MaximumRetryAttempts = pulumi.Int(-1) }, []string{"Orders.ProjectReader.MaximumRetryAttempts: must be from 0 to 10000, got -1"}},
		{"age", func(a *args) { a.Orders.InvoiceReader.MaximumRecordAgeSeconds = pulumi.Int(59) }, []string{"Orders.InvoiceReader.MaximumRecordAgeSeconds: must be from 60 to 604800, got 59"}},
		{"an age that the stream does not keep", func(a *args) {
			a.Stream.RetentionHours, a.Orders.ProjectReader.MaximumRecordAgeSeconds = pulumi.Int(24), pulumi.Int(86400)
		}, []string{"Orders.ProjectReader.MaximumRecordAgeSeconds: must be less than Stream.RetentionHours, which is 86400 s, got 86400"}},
		{"a position that is none", func(a *args) { a.Orders.ProjectReader.StartingPosition = "OLDEST" },
			[]string{`ProjectReader.StartingPosition: must be one of ["TRIM_HORIZON" "LATEST" "AT_TIMESTAMP"], got "OLDEST"`}},
		{"a time without its position", func(a *args) { a.Orders.ProjectReader.StartingPositionTimestamp = "2026-01-31T08:30:00Z" },
			[]string{"Orders.ProjectReader.StartingPositionTimestamp: must be empty unless StartingPosition is AT_TIMESTAMP"}},
		{"a position without its time", func(a *args) { a.Orders.InvoiceReader.StartingPosition = "AT_TIMESTAMP" },
			[]string{`InvoiceReader.StartingPositionTimestamp: must be RFC 3339, such as 2026-01-31T08:30:00Z, got ""`}},
		{"a time that is none", func(a *args) {
			a.Orders.InvoiceReader.StartingPosition, a.Orders.InvoiceReader.StartingPositionTimestamp = "AT_TIMESTAMP", "yesterday"
		}, []string{`got "yesterday"`}},
		{"everything at once", func(a *args) {
			bad := components.Function{MemoryMB: pulumi.Int(1)}
			a.Orders.Functions = map[string]components.Function{"append-order": bad, "project-order": bad, "invoice-order": bad, "get-order": bad}
			a.Stream = components.StreamSettings{Shards: pulumi.Int(-1), RetentionHours: pulumi.Int(1)}
			a.Orders.ProjectReader, a.Orders.InvoiceReader = components.ReaderSettings{BatchSize: pulumi.Int(-1)}, components.ReaderSettings{BatchSize: pulumi.Int(-1)}
			a.Api.RateLimit, a.Common.Architecture = pulumi.Int(-1), "mips"
			a.Common.Packages = filepath.Join(a.Common.Packages, "nowhere")
		}, []string{
			"Orders.Functions.append-order.MemoryMB", "Orders.Functions.project-order.MemoryMB", "Orders.Functions.invoice-order.MemoryMB", "Orders.Functions.get-order.MemoryMB", "Stream.Shards", "Stream.RetentionHours",
			"Orders.ProjectReader.BatchSize", "Orders.InvoiceReader.BatchSize", "Api.RateLimit", "Common.Architecture",
			"/append-order.zip: run `make build`", "/project-order.zip: run `make build`", "/invoice-order.zip: run `make build`",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &args{Authorizer: open, Common: inFolder(t), Orders: &components.EventStreamOrders{}}
			c.edit(a)
			refuses(t, components.NewEventStream, "EventStream", "eventstream", a, c.want)
		})
	}
}

// A reader refuses a record with a field that it does not know.
func TestAnUpdateDeploysTheReadersBeforeTheFunctionThatAppends(t *testing.T) {
	dependencies := eventStream(t, nil).dependencies(t, functionType, "eventstream-append-order")
	require.Contains(t, dependencies, "function/eventstream-project-order")
	require.Contains(t, dependencies, "function/eventstream-invoice-order")
}
