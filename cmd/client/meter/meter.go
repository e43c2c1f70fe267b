package meter

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// MetricsAPI is what a Meter needs of a CloudWatch client: cloudwatch:GetMetricData and cloudwatch:ListMetrics.
type MetricsAPI interface {
	cloudwatch.GetMetricDataAPIClient
	cloudwatch.ListMetricsAPIClient
}

// MachinesAPI is what a Meter needs of a Step Functions client: states:ListExecutions and states:GetExecutionHistory.
type MachinesAPI interface {
	sfn.ListExecutionsAPIClient
	sfn.GetExecutionHistoryAPIClient
}

// Meter measures what the resources of a stack used.
type Meter struct {
	Metrics  MetricsAPI                              // Required
	Logs     cloudwatchlogs.FilterLogEventsAPIClient // Required: logs:FilterLogEvents
	Traces   xray.GetTraceSummariesAPIClient         // Required: xray:GetTraceSummaries
	Machines MachinesAPI                             // Required
	Objects  s3.ListObjectsV2APIClient               // Required: s3:ListBucket

	Resources []Resource
	// Architecture is that for which functions are priced, arm64 or x86_64. Empty means their own. An embedded cloud runs them on
	// that of its machine.
	Architecture string
	// Namespace is that of custom metrics, which are counted if they have all of Dimensions. Empty means none.
	Namespace  string
	Dimensions map[string]string
	// Without are functions that are left out, such as fanout-get-order: their requests, those to the API for them, and what they
	// log, trace, read and write.
	Without map[string]Left
}

// Left says what an invocation of a function that is left out uses: one unit of a table. Empty means none.
type Left struct{ Reads, Writes string }

// New returns a Meter with clients for a configuration.
func New(cfg aws.Config, resources []Resource) *Meter {
	return &Meter{
		Metrics: cloudwatch.NewFromConfig(cfg), Logs: cloudwatchlogs.NewFromConfig(cfg), Traces: xray.NewFromConfig(cfg),
		Machines: sfn.NewFromConfig(cfg), Objects: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		Resources: resources,
	}
}

// Used returns what resources used from start, which is rounded down to a minute, to end. Metrics are some minutes late on AWS.
func (m *Meter) Used(ctx context.Context, start, end time.Time) ([]Quantity, error) {
	u := usage{Meter: m, ctx: ctx, start: start.Truncate(time.Minute), end: end}
	if !u.start.Before(end) {
		return nil, nil
	}
	if err := u.readMetrics(); err != nil {
		return nil, err
	}
	for i := range m.Resources {
		if r := &m.Resources[i]; !m.without(r) {
			if err := u.count(r); err != nil {
				return nil, err
			}
		}
	}
	u.standing()
	if err := u.countTraces(); err != nil {
		return nil, err
	}
	if err := u.countCustomMetrics(); err != nil {
		return nil, err
	}
	return u.used, nil
}

func (m *Meter) without(r *Resource) bool {
	_, without := m.Without[r.Name]
	return without && r.is("lambda/function")
}

// usage is one measurement.
type usage struct {
	*Meter
	ctx        context.Context
	start, end time.Time
	values     map[series]float64
	used       []Quantity
}

func (u *usage) add(price string, r *Resource, amount float64) {
	if amount > 0 {
		u.used = append(u.used, Quantity{Price: price, Resource: r.Name, Amount: amount})
	}
}

// count adds what a resource used. Those that are not mentioned cost nothing, or are in Idle.
func (u *usage) count(r *Resource) error {
	switch {
	case r.is("apigateway/restApi"):
		u.add("apigateway.request", r, u.value(r, "Count")-u.requestsLeft(r))
	case r.is("lambda/function"):
		architecture := u.Architecture
		if architecture == "" {
			architecture = "x86_64"
			if own, _ := r.Properties["architectures"].([]any); len(own) == 1 && own[0] == "arm64" {
				architecture = "arm64"
			}
		}
		u.add("lambda.request", r, u.value(r, "Invocations"))
		u.add("lambda.gb-second."+architecture, r, u.value(r, "Duration")/1000*max(r.number("memorySize"), 128)/1024)
	case r.is("sns/topic"):
		u.add("sns.publish", r, u.value(r, "NumberOfMessagesPublished"))
		u.add("sns.delivery", r, u.value(r, "NumberOfNotificationsDelivered"))
	case r.is("sqs/queue"):
		u.add("sqs.request", r, u.queueRequests(r))
	case r.is("kinesis/stream"):
		u.countStream(r)
	case r.is("dynamodb/table") && r.onDemand():
		u.add("dynamodb.write", r, u.value(r, "ConsumedWriteCapacityUnits")-u.left(func(f *Resource) bool { return u.Without[f.Name].Writes == r.Name }))
		u.add("dynamodb.read", r, u.value(r, "ConsumedReadCapacityUnits")-u.left(func(f *Resource) bool { return u.Without[f.Name].Reads == r.Name }))
	case r.is("sfn/stateMachine"):
		return u.countExecutions(r)
	case r.is("s3/bucketV2"), r.is("s3/bucket"):
		return u.countObjects(r)
	case r.is("cloudwatch/logGroup"):
		return u.countLog(r)
	}
	return nil
}

// left is how many invocations of functions that are left out match.
func (u *usage) left(match func(function *Resource) bool) (invocations float64) {
	for i := range u.Resources {
		if r := &u.Resources[i]; u.without(r) && match(r) {
			invocations += u.value(r, "Invocations")
		}
	}
	return invocations
}

// requestsLeft is how many requests of an API are left out. An API and its functions have names that begin alike.
func (u *usage) requestsLeft(api *Resource) float64 {
	component := strings.TrimSuffix(api.Name, "-api") + "-"
	return u.left(func(f *Resource) bool { return strings.HasPrefix(f.Name, component) })
}

// queueRequests counts the requests to send, receive and delete messages. SNS pays nothing to send. A mapping receives and
// deletes up to ten messages at once, and all of a batch.
func (u *usage) queueRequests(queue *Resource) (requests float64) {
	received := u.value(queue, "NumberOfMessagesReceived")
	if !u.has("sns/topicSubscription", "endpoint", queue.text("arn")) {
		requests = u.value(queue, "NumberOfMessagesSent")
	}
	f := u.consumer(queue)
	if f == nil {
		return requests + received + u.value(queue, "NumberOfMessagesDeleted")
	}
	if batches := u.value(f, "Invocations"); batches > 0 {
		requests += 2 * batches * ceil(received/batches, 10)
	}
	return requests
}

// consumer is the function of a queue's mapping.
func (u *usage) consumer(queue *Resource) *Resource {
	for i := range u.Resources {
		mapping := &u.Resources[i]
		if !mapping.is("lambda/eventSourceMapping") || mapping.text("eventSourceArn") != queue.text("arn") {
			continue
		}
		for j := range u.Resources {
			if f := &u.Resources[j]; f.is("lambda/function") && (f.text("arn") == mapping.text("functionName") || f.name() == mapping.text("functionName")) {
				return f
			}
		}
	}
	return nil
}

// has tells whether a resource of a kind has a property with this value.
func (u *usage) has(kind, property, value string) bool {
	return slices.ContainsFunc(u.Resources, func(r Resource) bool { return r.is(kind) && r.text(property) == value })
}

// countStream rounds records up: to 1 KB on demand, for each reader too, and to 25 KB otherwise.
// https://aws.amazon.com/kinesis/data-streams/pricing/
func (u *usage) countStream(r *Resource) {
	records := u.value(r, "IncomingRecords")
	if records == 0 {
		return
	}
	size := u.value(r, "IncomingBytes") / records
	if !r.onDemand() {
		u.add("kinesis.put-unit", r, records*ceil(size, 25*1024))
		return
	}
	gb, readers := records*ceil(size, 1024)*1000/1e9, 0
	for i := range u.Resources {
		if m := &u.Resources[i]; m.is("lambda/eventSourceMapping") && m.text("eventSourceArn") == r.text("arn") {
			readers++
		}
	}
	u.add("kinesis.in-gb", r, gb)
	u.add("kinesis.out-gb", r, gb*float64(readers))
}

// standing adds what the time costs. AWS counts the empty receives of a queue.
func (u *usage) standing() {
	counted := map[string]float64{} // by the name of the mapping
	for i := range u.Resources {
		mapping := &u.Resources[i]
		for j := range u.Resources {
			queue := &u.Resources[j]
			if mapping.polls() && queue.is("sqs/queue") && queue.text("arn") == mapping.text("eventSourceArn") {
				counted[mapping.Name] = u.value(queue, "NumberOfEmptyReceives")
			}
		}
	}
	for _, q := range Idle(u.Resources, u.end.Sub(u.start)) {
		if n := counted[q.Resource]; n > 0 && q.Price == "sqs.empty-receive" {
			q.Amount = n
		}
		u.used = append(u.used, q)
	}
}

// ceil is how many whole units a size takes, at least one.
func ceil(size, unit float64) float64 {
	n := float64(int(size / unit))
	if n*unit < size || n == 0 {
		n++
	}
	return n
}
