package components_test

import (
	"debug/elf"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// executableZip writes a zip with the executable of an own function.
func executableZip(t *testing.T, machine elf.Machine) string {
	t.Helper()
	folder := t.TempDir()
	writePackage(t, folder, "code", "bootstrap", 0o755, executable(machine))
	return filepath.Join(folder, "code.zip")
}

// own returns an own function, for arm64.
func own(t *testing.T) components.Function {
	t.Helper()
	return components.Function{Code: pulumi.NewFileArchive(executableZip(t, elf.EM_AARCH64))}
}

// pictures returns a FanOut and an EventStream with own functions only. Common has no packages.
func pictures(t *testing.T) (fanOut *components.FanOutArgs, stream *components.EventStreamArgs) {
	t.Helper()
	publish := own(t)
	routes := []components.Route{
		{Method: "POST", Path: "/picture", Run: &publish, Publishes: true},
		{Method: "GET", Path: "/picture/{id}", Run: &publish},
	}
	return &components.FanOutArgs{
			Authorizer: signed, Routes: routes,
			Consumers: map[string]components.Consumer{
				"resize": {Function: own(t)},
				"index": {
					Function: own(t), Queue: components.QueueSettings{BatchSize: pulumi.Int(5), MaximumConcurrency: pulumi.Int(3)},
					FilterPolicy: pulumi.String(`{"kind":["picture"]}`), FilterPolicyScope: pulumi.String("MessageBody"),
				},
			},
		}, &components.EventStreamArgs{
			Authorizer: signed, Routes: routes,
			Readers: map[string]components.Reader{
				"resize": {Function: own(t)},
				"index": {
					Function: own(t), Settings: components.ReaderSettings{BatchSize: pulumi.Int(7), EnhancedFanOut: true},
					FilterPatterns: []string{`{"data":{"kind":["picture"]}}`, `{"data":{"kind":["film"]}}`},
				},
			},
		}
}

// ofOurs are the types of resources that only Orders has.
var ofOurs = []string{tableType, bucketType, "aws:s3/bucketObjectv2:BucketObjectv2"}

// hasNoBuiltInFunction asserts that a pattern has no table and no bucket, and that no name contains orders.
func hasNoBuiltInFunction(t *testing.T, c *cloud) {
	t.Helper()
	for key, r := range c.registered {
		require.NotContains(t, ofOurs, r.TypeToken, key)
		if r.TypeToken != queryType {
			require.NotContains(t, r.Name, "order", key)
		}
	}
	for key, r := range c.registered {
		if r.TypeToken == alarmType {
			means, _, _ := strings.Cut(r.Inputs.Mappable()["alarmDescription"].(string), " What to do: ")
			require.NotContains(t, strings.ToLower(means), "order", key)
			require.NotContains(t, means, "%", key)
		}
		if r.TypeToken == queryType {
			in := r.Inputs.Mappable()
			require.NotContains(t, strings.ToLower(in["queryString"].(string)+in["name"].(string)), "order", key)
		}
		if r.TypeToken == dashboardType {
			require.NotContains(t, r.Inputs.Mappable()["dashboardBody"], "OrderPatterns", "metrics of orders")
		}
	}
}

// alarmNames returns the names of a pattern's alarms, without the pattern's name.
func alarmNames(c *cloud, pattern string) []string {
	var names []string
	for _, r := range c.registered {
		if r.TypeToken == alarmType {
			names = append(names, strings.TrimPrefix(r.Name, pattern+"-"))
		}
	}
	slices.Sort(names)
	return names
}

// outputsOf deploys a component and returns its outputs.
func outputsOf[A any, C component](t *testing.T, create constructor[A, C], name string, args *A) (c *cloud, outputs map[string]any) {
	t.Helper()
	c = &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		made, err := create(ctx, name, args)
		if err != nil {
			return err
		}
		made.Outputs().ToMapOutput().ApplyT(func(m map[string]any) error {
			outputs = m
			return nil
		})
		return nil
	}))
	return c, outputs
}

// everyFunctionMay returns the statements that each function has: traces and logs.
func everyFunctionMay(name string, more map[string]any) map[string]any {
	want := map[string]any{
		"WriteLogs":   allow("arn:loggroup/"+name+"-logs:*", "logs:CreateLogStream", "logs:PutLogEvents"),
		"WriteTraces": allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
	}
	maps.Copy(want, more)
	return want
}

func variables(t *testing.T, c *cloud, function string) map[string]any {
	t.Helper()
	return at(t, c.inputs(t, functionType, function), "environment", "variables")
}

func TestAFanOutRunsOwnFunctions(t *testing.T) {
	args, _ := pictures(t)
	c, outputs := outputsOf(t, components.NewFanOut, "pictures", args)
	hasNoBuiltInFunction(t, c)

	for consumer, batch := range map[string]float64{"resize": 10, "index": 5} {
		name := "pictures-" + consumer
		code, err := filepath.Abs(args.Consumers[consumer].Function.Code.Path())
		require.NoError(t, err)
		require.Equal(t, code, c.find(t, functionType, name).Inputs["code"].ArchiveValue().Path)
		has(t, c.inputs(t, functionType, name), map[string]any{
			"runtime": "provided.al2023", "handler": "bootstrap", "architectures": []any{"arm64"}, "memorySize": 512.0, "timeout": 30.0,
			"tracingConfig": map[string]any{"mode": "Active"}, "description": nil, "layers": nil, "vpcConfig": nil,
			"loggingConfig": map[string]any{"logFormat": "JSON", "logGroup": "name:loggroup/" + name + "-logs"},
		})
		queue := "https://queue/" + name
		require.Equal(t, map[string]any{"PATTERN": "pictures", "QUEUE_URL": queue, "DEAD_LETTERS_URL": queue + "-dead-letters"}, variables(t, c, name))
		got, service := grants(t, c, name)
		require.Equal(t, "lambda.amazonaws.com", service)
		require.Empty(t, cmp.Diff(everyFunctionMay(name, map[string]any{
			"TakeMessages":   allow("arn:queue/"+name, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
			"GiveUpMessages": allow("arn:queue/"+name+"-dead-letters", "sqs:SendMessage"),
		}), got))

		has(t, c.inputs(t, queueType, name), map[string]any{"visibilityTimeoutSeconds": 180.0, "messageRetentionSeconds": 1209600.0})
		require.EqualValues(t, 1000, c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", name+"-redrive", "redrivePolicy")["maxReceiveCount"])
		has(t, c.inputs(t, mappingType, name+"-mapping"), map[string]any{
			"eventSourceArn": "arn:queue/" + name, "functionName": "arn:function/" + name, "batchSize": batch,
			"functionResponseTypes": []any{"ReportBatchItemFailures"}, "filterCriteria": nil,
		})
		has(t, c.inputs(t, subscriptionType, name+"-subscription"), map[string]any{
			"topic": "arn:topic/pictures-messages", "protocol": "sqs", "endpoint": "arn:queue/" + name, "rawMessageDelivery": true})
		require.Equal(t, map[string]any{"deadLetterTargetArn": "arn:queue/" + name + "-dead-letters"},
			c.document(t, subscriptionType, name+"-subscription", "redrivePolicy"))
		// A message that is published before the queue is subscribed would be lost.
		for _, ready := range []string{"topicsubscription/" + name + "-subscription", "queuepolicy/" + name + "-queue-policy", "redrivepolicy/" + name + "-redrive"} {
			require.Contains(t, c.dependencies(t, stageType, "pictures-api"), ready)
		}
	}
	has(t, c.inputs(t, subscriptionType, "pictures-resize-subscription"), map[string]any{"filterPolicy": nil, "filterPolicyScope": nil})
	has(t, c.inputs(t, subscriptionType, "pictures-index-subscription"), map[string]any{
		"filterPolicy": `{"kind":["picture"]}`, "filterPolicyScope": "MessageBody"})
	has(t, c.inputs(t, mappingType, "pictures-index-mapping"), map[string]any{"scalingConfig": map[string]any{"maximumConcurrency": 3.0}})

	require.Equal(t, []string{
		"api-errors", "api-latency",
		"get-picture-id-duration", "get-picture-id-errors", "get-picture-id-throttles",
		"index-age", "index-dead-letters", "index-duration", "index-errors", "index-throttles", "messages-deliveries",
		"post-picture-duration", "post-picture-errors", "post-picture-throttles",
		"resize-age", "resize-dead-letters", "resize-duration", "resize-errors", "resize-throttles",
	}, alarmNames(c, "pictures"))

	info := func(name string) components.FunctionInfo {
		name = "pictures-" + name
		return components.FunctionInfo{Name: "name:function/" + name, LogGroup: "name:loggroup/" + name + "-logs", RoleName: "name:role/" + name + "-role"}
	}
	for _, generated := range []string{"alarms", "alarmArn", "alarmTopicArn", "dashboardName"} {
		require.NotEmpty(t, outputs[generated])
		delete(outputs, generated)
	}
	require.Equal(t, map[string]any{
		"url": "https://stage/pictures-api", "auth": "iam", "accessLogGroup": "name:loggroup/pictures-api-access-logs",
		"routeArns": map[string]string{
			"POST /picture": "arn:restapi/pictures-api/prod/POST/picture", "GET /picture/{id}": "arn:restapi/pictures-api/prod/GET/picture/*",
		},
		"topicArn":                "arn:topic/pictures-messages",
		"consumerQueueUrls":       map[string]string{"resize": "https://queue/pictures-resize", "index": "https://queue/pictures-index"},
		"consumerDeadLettersUrls": map[string]string{"resize": "https://queue/pictures-resize-dead-letters", "index": "https://queue/pictures-index-dead-letters"},
		"tableName":               "", "tableArn": "", "bucketName": "", "storeQueueUrl": "", "storeDeadLettersUrl": "", "invoiceQueueUrl": "", "invoiceDeadLettersUrl": "",
		"keyArn": "", "keyPolicy": "",
		"functions": map[string]components.FunctionInfo{
			"resize": info("resize"), "index": info("index"), "post-picture": info("post-picture"), "get-picture-id": info("get-picture-id"),
		},
	}, outputs)
}

func TestTheFunctionOfARouteMayPublishIfPublishesIsSet(t *testing.T) {
	fan, stream := pictures(t)
	for name, pattern := range map[string]struct {
		c        *cloud
		variable string
		arn      string
		may      map[string]any
	}{
		"fanout": {deploy(t, components.NewFanOut, "pictures", fan, nil), "TOPIC_ARN", "arn:topic/pictures-messages",
			map[string]any{"Publish": allow("arn:topic/pictures-messages", "sns:Publish")}},
		"eventstream": {deploy(t, components.NewEventStream, "pictures", stream, nil), "STREAM_ARN", "arn:stream/pictures-events",
			map[string]any{"Append": allow("arn:stream/pictures-events", "kinesis:PutRecord", "kinesis:PutRecords")}},
	} {
		t.Run(name, func(t *testing.T) {
			const post, get = "pictures-post-picture", "pictures-get-picture-id"
			got, _ := grants(t, pattern.c, post)
			require.Empty(t, cmp.Diff(everyFunctionMay(post, pattern.may), got))
			require.Equal(t, map[string]any{"PATTERN": "pictures", "ALLOW_ORIGIN": "*", pattern.variable: pattern.arn}, variables(t, pattern.c, post))
			got, _ = grants(t, pattern.c, get)
			require.Empty(t, cmp.Diff(everyFunctionMay(get, nil), got))
			require.Equal(t, map[string]any{"PATTERN": "pictures", "ALLOW_ORIGIN": "*"}, variables(t, pattern.c, get))
			has(t, pattern.c.inputs(t, functionType, post), map[string]any{"memorySize": 512.0, "timeout": 10.0})
			has(t, pattern.c.inputs(t, permissionType, "pictures-api-invoke-post-picture"), map[string]any{
				"function": "name:function/" + post, "sourceArn": "arn:restapi/pictures-api/prod/POST/picture"})
			doc := pattern.c.document(t, restAPIType, "pictures-api", "body")
			require.Equal(t, "invoke:function/"+post, at(t, doc, "paths", "/picture", "post", integration)["uri"])
		})
	}
}

// With tokens, the environment of a function behind the API says that it must check the caller, and the API has the built-in authorizer.
func TestOwnRoutesHaveAuthorizers(t *testing.T) {
	args, _ := pictures(t)
	args.Authorizer, args.Common = tokens, inFolder(t)
	args.Routes[1].Authorizer = components.AuthNone
	args.Routes[0].Scopes = []string{"pictures:write"}
	c, outputs := outputsOf(t, components.NewFanOut, "pictures", args)
	require.Equal(t, "jwt", variables(t, c, "pictures-post-picture")["AUTH"])
	require.Contains(t, outputs["functions"], authorizeCaller)
	require.JSONEq(t, `[{"method":"POST","path":"/picture","scopes":["pictures:write"]}]`, variables(t, c, "pictures-api-authorize-caller")["ROUTES"].(string))

	args.Common.Packages = t.TempDir()
	refuses(t, components.NewFanOut, "FanOut", "pictures", args, []string{"/authorize-caller.zip: run `make build`"})
}

func TestAFanOutWithoutRoutesHasNoAPI(t *testing.T) {
	args, _ := pictures(t)
	args.Routes, args.Authorizer = nil, components.Authorizer{}
	c, outputs := outputsOf(t, components.NewFanOut, "pictures", args)
	for key, r := range c.registered {
		require.False(t, strings.HasPrefix(r.TypeToken, "aws:apigateway/"), key)
		require.NotEqual(t, "order-patterns:components:OrderApi", r.TypeToken)
	}
	for name, want := range map[string]any{"url": "", "auth": "", "accessLogGroup": "", "routeArns": map[string]string{}, "topicArn": "arn:topic/pictures-messages"} {
		require.Equal(t, want, outputs[name], name)
	}
	require.NotContains(t, strings.Join(alarmNames(c, "pictures"), " "), "api-")
}

func TestAnEventStreamRunsOwnFunctions(t *testing.T) {
	_, args := pictures(t)
	c, outputs := outputsOf(t, components.NewEventStream, "pictures", args)
	hasNoBuiltInFunction(t, c)

	const stream = "arn:stream/pictures-events"
	for reader, want := range map[string]struct {
		batch   float64
		source  string
		filters any
	}{
		"resize": {100, stream, nil},
		"index": {7, "arn:streamconsumer/pictures-index", map[string]any{"filters": []any{
			map[string]any{"pattern": `{"data":{"kind":["picture"]}}`}, map[string]any{"pattern": `{"data":{"kind":["film"]}}`},
		}}},
	} {
		name := "pictures-" + reader
		require.Equal(t, map[string]any{"PATTERN": "pictures", "FAILURES_URL": "https://queue/" + name + "-failures"}, variables(t, c, name))
		may := map[string]any{
			"FindShards":     allow(stream, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
			"ReadRecords":    allow(stream, "kinesis:GetShardIterator", "kinesis:GetRecords"),
			"ReportFailures": allow("arn:queue/"+name+"-failures", "sqs:SendMessage"),
		}
		if want.source != stream {
			may["Subscribe"] = allow(want.source, "kinesis:SubscribeToShard")
		}
		got, _ := grants(t, c, name)
		require.Empty(t, cmp.Diff(everyFunctionMay(name, may), got))
		has(t, c.inputs(t, mappingType, name+"-mapping"), map[string]any{
			"eventSourceArn": want.source, "functionName": "arn:function/" + name, "batchSize": want.batch, "filterCriteria": want.filters,
			"bisectBatchOnFunctionError": true, "functionResponseTypes": []any{"ReportBatchItemFailures"}, "startingPosition": "TRIM_HORIZON",
			"destinationConfig": map[string]any{"onFailure": map[string]any{"destinationArn": "arn:queue/" + name + "-failures"}},
		})
	}
	require.Equal(t, []string{
		"api-errors", "api-latency", "events-throttles",
		"get-picture-id-duration", "get-picture-id-errors", "get-picture-id-throttles",
		"index-duration", "index-errors", "index-failures", "index-iterator-age", "index-throttles",
		"post-picture-duration", "post-picture-errors", "post-picture-throttles",
		"resize-duration", "resize-errors", "resize-failures", "resize-iterator-age", "resize-throttles",
	}, alarmNames(c, "pictures"))
	for name, want := range map[string]any{
		"url": "https://stage/pictures-api", "auth": "iam", "streamName": "name:stream/pictures-events", "streamArn": stream,
		"readerFailuresUrls": map[string]string{"resize": "https://queue/pictures-resize-failures", "index": "https://queue/pictures-index-failures"},
		"tableName":          "", "tableArn": "", "bucketName": "", "projectFailuresUrl": "", "invoiceFailuresUrl": "",
	} {
		require.Equal(t, want, outputs[name], name)
	}
	require.Len(t, outputs["functions"], 4)

	args.Routes, args.Authorizer = nil, components.Authorizer{}
	c, outputs = outputsOf(t, components.NewEventStream, "pictures", args)
	require.Empty(t, outputs["url"])
	require.NotContains(t, c.registered, restAPIType+" pictures-api")
}

// An own consumer and Orders share a topic and an API.
func TestConsumersAndRoutesAreAddedToOrders(t *testing.T) {
	added, _ := pictures(t)
	c := fanOut(t, func(a *components.FanOutArgs) { a.Consumers, a.Routes = added.Consumers, added.Routes })
	has(t, c.inputs(t, subscriptionType, "fanout-resize-subscription"), map[string]any{"topic": "arn:topic/fanout-orders"})
	require.Equal(t, "arn:topic/fanout-orders", variables(t, c, "fanout-post-picture")["TOPIC_ARN"])
	paths := at(t, c.document(t, restAPIType, "fanout-api", "body"), "paths")
	for _, path := range []string{"/order", "/invoice", "/picture", "/picture/{id}"} {
		require.Contains(t, paths, path)
	}
	require.Contains(t, c.registered, tableType+" fanout-orders")
}

func TestAnOrderApiRunsOwnFunctions(t *testing.T) {
	run := own(t)
	run.Environment = pulumi.StringMap{"TABLE_NAME": pulumi.String("pictures")}
	c, outputs := outputsOf(t, components.NewOrderApi, "pictures", &components.OrderApiArgs{
		Authorizer: open, Routes: []components.Route{{Method: "GET", Path: "/picture", Run: &run}},
	})
	require.Equal(t, map[string]any{"PATTERN": "pictures", "ALLOW_ORIGIN": "*", "TABLE_NAME": "pictures"}, variables(t, c, "pictures-get-picture"))
	got, _ := grants(t, c, "pictures-get-picture")
	require.Empty(t, cmp.Diff(everyFunctionMay("pictures-get-picture", nil), got))
	has(t, c.inputs(t, functionType, "pictures-get-picture"), map[string]any{"architectures": []any{"arm64"}})
	has(t, c.inputs(t, permissionType, "pictures-invoke-get-picture"), map[string]any{"function": "name:function/pictures-get-picture"})
	require.Contains(t, alarmNames(c, "pictures"), "get-picture-errors")
	require.Contains(t, outputs["alarms"], "get-picture-errors")
}
