package meter

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	xraytypes "github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/stretchr/testify/require"
)

var (
	begin = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	end   = begin.Add(10 * time.Minute)
)

// aFake is an account with the metrics, events, traces, executions and objects of a test.
type aFake struct {
	t        *testing.T
	sums     map[string]float64 // by metric and the value of its dimension, like "Count api"
	custom   []cwtypes.Metric
	events   map[string][]string // by log group
	traces   [][]string          // the services of each
	history  []sfntypes.HistoryEventType
	objects  []time.Time
	requests []*cloudwatch.GetMetricDataInput
	err      error
}

func (f *aFake) meter(resources ...Resource) *Meter {
	return &Meter{Metrics: f, Logs: f, Traces: f, Machines: f, Objects: f, Resources: resources}
}

func (f *aFake) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	f.requests = append(f.requests, in)
	out := &cloudwatch.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		m := q.MetricStat.Metric
		result := cwtypes.MetricDataResult{Id: q.Id}
		// The first page has half of a sum.
		if sum, ok := f.sums[*m.MetricName+" "+*m.Dimensions[0].Value]; ok {
			result.Values = []float64{sum / 2}
		}
		out.MetricDataResults = append(out.MetricDataResults, result)
	}
	if in.NextToken == nil && *in.MetricDataQueries[0].MetricStat.Stat == "Sum" {
		out.NextToken = aws.String("second")
	}
	return out, f.err
}

func (f *aFake) ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	return &cloudwatch.ListMetricsOutput{Metrics: f.custom}, nil
}

func (f *aFake) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	require.Equal(f.t, begin.UnixMilli(), *in.StartTime)
	require.Equal(f.t, end.UnixMilli(), *in.EndTime)
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	for _, text := range f.events[*in.LogGroupName] {
		out.Events = append(out.Events, logtypes.FilteredLogEvent{Message: &text})
	}
	return out, nil
}

func (f *aFake) GetTraceSummaries(_ context.Context, in *xray.GetTraceSummariesInput, _ ...func(*xray.Options)) (*xray.GetTraceSummariesOutput, error) {
	require.LessOrEqual(f.t, in.EndTime.Sub(*in.StartTime), 6*time.Hour)
	out := &xray.GetTraceSummariesOutput{}
	for _, names := range f.traces {
		var sum xraytypes.TraceSummary
		for _, name := range names {
			sum.ServiceIds = append(sum.ServiceIds, xraytypes.ServiceId{Name: &name})
		}
		out.TraceSummaries = append(out.TraceSummaries, sum)
	}
	return out, nil
}

func (f *aFake) ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	return &sfn.ListExecutionsOutput{Executions: []sfntypes.ExecutionListItem{
		{ExecutionArn: aws.String("e1"), Status: sfntypes.ExecutionStatusSucceeded}, {ExecutionArn: aws.String("e2"), Status: sfntypes.ExecutionStatusRunning},
	}}, nil
}

func (f *aFake) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	require.Equal(f.t, "e1", *in.ExecutionArn)
	out := &sfn.GetExecutionHistoryOutput{}
	for _, kind := range f.history {
		out.Events = append(out.Events, sfntypes.HistoryEvent{Type: kind})
	}
	return out, nil
}

func (f *aFake) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	require.Equal(f.t, "the-bucket", *in.Bucket)
	out := &s3.ListObjectsV2Output{}
	for _, at := range f.objects {
		out.Contents = append(out.Contents, s3types.Object{LastModified: &at})
	}
	return out, nil
}

func resource(kind, name string, properties ...any) Resource {
	r := Resource{Type: "aws:" + kind + ":X", Name: name, ID: name + "-id", Properties: map[string]any{}}
	for i := 0; i < len(properties); i += 2 {
		r.Properties[properties[i].(string)] = properties[i+1]
	}
	return r
}

// used is what a meter measured that does not stand, by price and resource.
func used(t *testing.T, m *Meter) map[string]float64 {
	t.Helper()
	all, err := m.Used(t.Context(), begin.Add(20*time.Second), end)
	require.NoError(t, err)
	got := map[string]float64{}
	for _, q := range all {
		if !q.Standing {
			got[q.Price+" "+q.Resource] += q.Amount
		}
	}
	return got
}

func TestEachResourceIsCountedByItsRule(t *testing.T) {
	function := resource("lambda/function", "p-store", "name", "store", "arn", "arn:store", "memorySize", 256.0, "architectures", []any{"arm64"})
	queue := resource("sqs/queue", "p-queue", "name", "queue", "arn", "arn:queue")
	mapping := resource("lambda/eventSourceMapping", "p-mapping", "eventSourceArn", "arn:queue", "functionName", "arn:store", "enabled", true)
	stream := resource("kinesis/stream", "p-stream", "name", "stream", "arn", "arn:stream", "streamModeDetails", map[string]any{"streamMode": "ON_DEMAND"})
	reader := resource("lambda/eventSourceMapping", "p-reader", "eventSourceArn", "arn:stream", "functionName", "arn:store", "startingPosition", "LATEST")
	for name, c := range map[string]struct {
		resources []Resource
		fake      aFake
		want      map[string]float64
	}{
		"requests of an API": {[]Resource{resource("apigateway/restApi", "p-api", "name", "api")}, aFake{sums: map[string]float64{"Count api": 12}},
			map[string]float64{"apigateway.request p-api": 12}},
		"requests and GB-seconds of a function": {[]Resource{function}, aFake{sums: map[string]float64{"Invocations store": 4, "Duration store": 8000}},
			map[string]float64{"lambda.request p-store": 4, "lambda.gb-second.arm64 p-store": 2}},
		"publishes and deliveries of a topic": {[]Resource{resource("sns/topic", "p-topic", "name", "topic")},
			aFake{sums: map[string]float64{"NumberOfMessagesPublished topic": 2, "NumberOfNotificationsDelivered topic": 4}},
			map[string]float64{"sns.publish p-topic": 2, "sns.delivery p-topic": 4}},
		"a queue without a mapping has a request for each message": {[]Resource{queue},
			aFake{sums: map[string]float64{"NumberOfMessagesSent queue": 5, "NumberOfMessagesReceived queue": 4, "NumberOfMessagesDeleted queue": 3}},
			map[string]float64{"sqs.request p-queue": 12}},
		"a mapping receives and deletes a batch at once": {[]Resource{queue, mapping, function},
			aFake{sums: map[string]float64{"NumberOfMessagesSent queue": 20, "NumberOfMessagesReceived queue": 20, "NumberOfMessagesDeleted queue": 20, "Invocations store": 4}},
			map[string]float64{"sqs.request p-queue": 28, "lambda.request p-store": 4}},
		"a mapping receives ten messages at most at once": {[]Resource{queue, mapping, function},
			aFake{sums: map[string]float64{"NumberOfMessagesReceived queue": 100, "Invocations store": 4}},
			map[string]float64{"sqs.request p-queue": 24, "lambda.request p-store": 4}},
		"SNS sends for nothing": {[]Resource{queue, resource("sns/topicSubscription", "p-subscription", "endpoint", "arn:queue")},
			aFake{sums: map[string]float64{"NumberOfMessagesSent queue": 20, "NumberOfMessagesReceived queue": 2}},
			map[string]float64{"sqs.request p-queue": 2}},
		"a record on demand is rounded up to 1 KB, and read by each reader": {[]Resource{stream, reader, reader},
			aFake{sums: map[string]float64{"IncomingRecords stream": 1e6, "IncomingBytes stream": 4e8}},
			map[string]float64{"kinesis.in-gb p-stream": 1, "kinesis.out-gb p-stream": 2}},
		"a record of a shard is rounded up to 25 KB": {[]Resource{resource("kinesis/stream", "p-stream", "name", "stream", "shardCount", 2.0)},
			aFake{sums: map[string]float64{"IncomingRecords stream": 10, "IncomingBytes stream": 10 * 26 * 1024}},
			map[string]float64{"kinesis.put-unit p-stream": 20}},
		"units of a table on demand": {[]Resource{resource("dynamodb/table", "p-orders", "name", "orders", "billingMode", "PAY_PER_REQUEST"),
			resource("dynamodb/table", "p-other", "name", "other")},
			aFake{sums: map[string]float64{"ConsumedWriteCapacityUnits orders": 6, "ConsumedReadCapacityUnits orders": 0.5, "ConsumedWriteCapacityUnits other": 9}},
			map[string]float64{"dynamodb.write p-orders": 6, "dynamodb.read p-orders": 0.5}},
		"transitions are those of some executions, with the retries": {[]Resource{resource("sfn/stateMachine", "p", "arn", "arn:machine", "type", "STANDARD")},
			aFake{sums: map[string]float64{"ExecutionsStarted arn:machine": 100}, history: []sfntypes.HistoryEventType{"ExecutionStarted", "TaskStateEntered",
				"TaskScheduled", "TaskFailed", "TaskScheduled", "TaskSucceeded", "TaskStateExited", "SucceedStateEntered", "ExecutionSucceeded"}},
			map[string]float64{"states.transition p": 300}},
		"Express executions are rounded up to 100 ms of 64 MB": {[]Resource{resource("sfn/stateMachine", "p", "arn", "arn:machine", "type", "EXPRESS")},
			aFake{sums: map[string]float64{"ExecutionsStarted arn:machine": 3600, "ExecutionTime arn:machine": 3600 * 110}},
			map[string]float64{"states.express-request p": 3600, "states.express-gb-hour p": 0.2 / 16}},
		"objects that were written in the range": {[]Resource{resource("s3/bucketV2", "p-invoices", "bucket", "the-bucket")},
			aFake{objects: []time.Time{begin.Add(-time.Second), begin, begin.Add(time.Minute), end}},
			map[string]float64{"s3.put p-invoices": 2}},
		"bytes of a log, by the metric": {[]Resource{resource("cloudwatch/logGroup", "p-logs", "name", "logs")},
			aFake{sums: map[string]float64{"IncomingBytes logs": 5e8}, events: map[string][]string{"logs": {"x"}}},
			map[string]float64{"logs.gb p-logs": 0.5}},
		"bytes of a log, by its events": {[]Resource{resource("cloudwatch/logGroup", "p-logs", "name", "logs")},
			aFake{events: map[string][]string{"logs": {"1234", strings.Repeat("x", 44)}}},
			map[string]float64{"logs.gb p-logs": 100e-9}},
		"traces with a function of the stack": {[]Resource{function}, aFake{traces: [][]string{{"api", "store"}, {"api"}, {"other"}}},
			map[string]float64{"xray.trace traces": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c.fake.t = t
			got := used(t, c.fake.meter(c.resources...))
			require.Len(t, got, len(c.want), got)
			for key, amount := range c.want {
				require.InDelta(t, amount, got[key], 1e-12, key)
			}
			for _, in := range c.fake.requests {
				require.Equal(t, begin, *in.StartTime, "a minute begins")
				require.EqualValues(t, 60, *in.MetricDataQueries[0].MetricStat.Period)
			}
		})
	}
}

func TestFunctionsThatAreLeftOutLeaveNothing(t *testing.T) {
	f := &aFake{t: t, traces: [][]string{{"place"}, {"place", "get"}, {"get"}},
		events: map[string][]string{"get-log": {"line"}, "access": {strings.Repeat("x", 74)}},
		sums: map[string]float64{
			"Count api": 10, "Invocations get": 4, "Duration get": 100, "Invocations place": 6, "Invocations set": 2, "Count other": 1,
			"ConsumedReadCapacityUnits orders": 5, "ConsumedWriteCapacityUnits orders": 6,
		}}
	m := f.meter(
		resource("apigateway/restApi", "p-api", "name", "api"), resource("apigateway/restApi", "q-api", "name", "other"),
		resource("lambda/function", "p-get", "name", "get"), resource("lambda/function", "p-set", "name", "set"), resource("lambda/function", "p-place", "name", "place"),
		resource("dynamodb/table", "p-orders", "name", "orders", "billingMode", "PAY_PER_REQUEST"),
		resource("cloudwatch/logGroup", "p-get-logs", "name", "get-log"), resource("cloudwatch/logGroup", "p-api-access-logs", "name", "access"))
	m.Without = map[string]Left{"p-get": {Reads: "p-orders"}, "p-set": {Writes: "p-orders"}}
	got := used(t, m)
	require.InDelta(t, 40e-9, got["logs.gb p-api-access-logs"], 1e-15, "4 of 10 requests")
	delete(got, "logs.gb p-api-access-logs")
	require.Equal(t, map[string]float64{
		"apigateway.request p-api": 4, "apigateway.request q-api": 1, "lambda.request p-place": 6,
		"dynamodb.read p-orders": 1, "dynamodb.write p-orders": 4, "xray.trace traces": 1,
	}, got)
}

func TestAnArchitectureMayBeGiven(t *testing.T) {
	f := &aFake{t: t, sums: map[string]float64{"Duration f": 8000}}
	m := f.meter(resource("lambda/function", "f", "name", "f", "architectures", []any{"x86_64"}))
	require.Equal(t, map[string]float64{"lambda.gb-second.x86_64 f": 1}, used(t, m), "128 MB by default")
	m.Architecture = "arm64"
	require.Equal(t, map[string]float64{"lambda.gb-second.arm64 f": 1}, used(t, m))
}

func TestEmptyReceivesAreThoseThatAWSCounted(t *testing.T) {
	resources := []Resource{resource("sqs/queue", "q", "name", "queue", "arn", "arn:queue"), resource("lambda/eventSourceMapping", "m", "eventSourceArn", "arn:queue")}
	f := &aFake{t: t, sums: map[string]float64{}}
	all, err := f.meter(resources...).Used(t.Context(), begin, end)
	require.NoError(t, err)
	require.Equal(t, []Quantity{{"sqs.empty-receive", "m", 150, true}}, all, "five pollers, three times a minute")
	f.sums["NumberOfEmptyReceives queue"] = 97
	all, err = f.meter(resources...).Used(t.Context(), begin, end)
	require.NoError(t, err)
	require.Equal(t, []Quantity{{"sqs.empty-receive", "m", 97, true}}, all)
}

func TestCustomMetricsAreBilledForTheHoursWithValues(t *testing.T) {
	metric := func(name, pattern string) cwtypes.Metric {
		return cwtypes.Metric{Namespace: aws.String("Mine"), MetricName: &name, Dimensions: []cwtypes.Dimension{{Name: aws.String("Pattern"), Value: &pattern}}}
	}
	f := &aFake{t: t, custom: []cwtypes.Metric{metric("A", "p"), metric("B", "p"), metric("A", "q")}, sums: map[string]float64{"A p": 1, "A q": 1}}
	m := f.meter()
	m.Namespace, m.Dimensions = "Mine", map[string]string{"Pattern": "p"}
	all, err := m.Used(t.Context(), begin, end)
	require.NoError(t, err)
	require.Equal(t, []Quantity{{"cloudwatch.metric-month", "Mine", 1.0 / 730, true}}, all)
}

func TestManyMetricsAreReadInSeveralRequests(t *testing.T) {
	f := &aFake{t: t, sums: map[string]float64{"Invocations last": 8}}
	var resources []Resource
	for range 300 {
		resources = append(resources, resource("lambda/function", "f"))
	}
	all, err := f.meter(append(resources, resource("lambda/function", "l", "name", "last"))...).Used(t.Context(), begin, begin.Add(25*time.Hour))
	require.NoError(t, err)
	require.Equal(t, []Quantity{{Price: "lambda.request", Resource: "l", Amount: 8}}, all)
	require.Len(t, f.requests, 4, "two pages of 500 and of 102")
	require.EqualValues(t, 3600, *f.requests[0].MetricDataQueries[0].MetricStat.Period)
}

func TestAnErrorIsReturned(t *testing.T) {
	f := &aFake{t: t, err: errors.New("denied")}
	_, err := f.meter(resource("lambda/function", "f")).Used(t.Context(), begin, end)
	require.EqualError(t, err, "reading metrics: denied")
	all, err := f.meter(resource("lambda/function", "f")).Used(t.Context(), begin, begin)
	require.NoError(t, err)
	require.Empty(t, all, "an empty range")
}
