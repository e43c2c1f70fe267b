package components

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The kinds of alarms. Each is a heading in docs/operations.md.
var (
	deadLettersKind   = alarmKind{"alarm-dead-letters", "Messages, records or executions were given up."}
	queueAgeKind      = alarmKind{"alarm-age-of-the-oldest-message", "Messages have waited too long in a queue: its function fails, is throttled, or is too slow."}
	errorsKind        = alarmKind{"alarm-function-errors", "A function failed: it returned an error, crashed, or timed out."}
	throttlesKind     = alarmKind{"alarm-function-throttles", "Lambda did not run a function, because no concurrency was free."}
	durationKind      = alarmKind{"alarm-function-duration", "A function takes almost as long as its timeout allows."}
	iteratorAgeKind   = alarmKind{"alarm-iterator-age", "A reader is behind its stream: it fails, or is too slow."}
	apiErrorsKind     = alarmKind{"alarm-api-errors", "The API answered with a status from 500: %s may not have been accepted."}
	apiLatencyKind    = alarmKind{"alarm-api-latency", "The slowest answers of the API take too long."}
	failedKind        = alarmKind{"alarm-executions-failed", "Executions of the state machine failed."}
	timedOutKind      = alarmKind{"alarm-executions-timed-out", "Executions of the state machine timed out: their %s are not in the failure queue."}
	executionKind     = alarmKind{"alarm-executions-throttled", "Step Functions throttled executions of the state machine."}
	deliveriesKind    = alarmKind{"alarm-deliveries-failed", "SNS could not deliver messages, and gave them up."}
	tableThrottleKind = alarmKind{"alarm-table-throttles", "DynamoDB throttles a table."}
	tableErrorsKind   = alarmKind{"alarm-table-errors", "DynamoDB fails with errors of its own."}
	streamKind        = alarmKind{"alarm-stream-throttles", "Kinesis throttles a stream: a shard gets, or is asked for, more than it can do."}
	failingKind       = alarmKind{"alarm-messages-failing", "Messages fail again and again, and wait in their queues."}
	pendingKind       = alarmKind{"alarm-orders-pending", "An order is still Pending long after it was captured."}
	notDoneKind       = alarmKind{"alarm-orders-not-done", "Orders are accepted, and none is done."}
)

// An alarm's period is one minute unless it says otherwise. Where AWS recommends an alarm, this is that alarm:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
const (
	sum, maximum = "Sum", "Maximum"
	minute       = 60
	fiveMinutes  = 300
	zero         = pulumi.Float64(0)
)

// metricsOf returns a constructor for the metrics of one resource.
func metricsOf(namespace, label string, dimensions pulumi.StringMap) func(name, statistic string) metric {
	return func(name, statistic string) metric {
		return metric{namespace: namespace, name: name, statistic: statistic, dimensions: dimensions, label: label}
	}
}

// as returns the metric with the id that it has in an expression.
func (m metric) as(id string) metric {
	m.id = id
	return m
}

// times converts a setting to the unit of a threshold.
func times(setting pulumi.IntPtrInput, unit float64) pulumi.Float64Output {
	return intOf(setting).ApplyT(func(n int) float64 { return float64(n) * unit }).(pulumi.Float64Output)
}

// watchFunction creates the alarms and charts of a function: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//
// One invocation may come close to the timeout because of a cold start or a retry. Three such minutes out of five are a problem. The alarm
// comes early: an invocation that times out is an error.
func (b *builder) watchFunction(f *function, timeout pulumi.IntPtrInput) {
	of := metricsOf("AWS/Lambda", f.name, pulumi.StringMap{"FunctionName": f.Name})
	failed, throttled, duration := of("Errors", sum), of("Throttles", sum), of("Duration", maximum)
	limit := pulumi.All(intOf(timeout), intOf(b.alarmArgs.DurationPercent)).ApplyT(func(n []any) float64 {
		return float64(n[0].(int) * n[1].(int) * 1000 / 100) // milliseconds
	}).(pulumi.Float64Output)
	b.alarm(alarm{f.name + "-errors", errorsKind, []metric{failed}, "", times(b.alarmArgs.FunctionErrors, 1), fiveMinutes, 1, 1})
	b.alarm(alarm{f.name + "-throttles", throttlesKind, []metric{throttled}, "", zero, minute, 3, 3})
	b.alarm(alarm{f.name + "-duration", durationKind, []metric{duration}, "", limit, minute, 3, 5})
	b.plot(invocations, of("Invocations", sum))
	b.plot(functionErrors, failed, throttled)
	b.plot(durations, duration)
	b.plot(concurrency, of("ConcurrentExecutions", maximum))
	b.logs = append(b.logs, f.logGroup.Name)
}

// watchReader creates the alarm for how far a function is behind its stream.
func (b *builder) watchReader(f *function) {
	age := metricsOf("AWS/Lambda", f.name, pulumi.StringMap{"FunctionName": f.Name})("IteratorAge", maximum)
	b.alarm(alarm{f.name + "-iterator-age", iteratorAgeKind, []metric{age}, "", times(b.alarmArgs.IteratorAgeSeconds, 1000), minute, 5, 5})
	b.plot(behind, age)
}

// watchQueue creates the alarms of a queue from which a function takes messages:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (b *builder) watchQueue(name string, q *sqs.Queue) {
	of := metricsOf("AWS/SQS", name, pulumi.StringMap{"QueueName": q.Name})
	age := of("ApproximateAgeOfOldestMessage", maximum)
	b.alarm(alarm{name + "-age", queueAgeKind, []metric{age}, "", times(b.alarmArgs.QueueAgeSeconds, 1), minute, 5, 5})
	b.plot(waiting, of("ApproximateNumberOfMessagesVisible", maximum), of("ApproximateNumberOfMessagesNotVisible", maximum))
	b.plot(ages, age)
}

// watchDeadLetters creates the alarm of a queue from which only a person takes messages.
func (b *builder) watchDeadLetters(name string, q *sqs.Queue) {
	letters := metricsOf("AWS/SQS", name, pulumi.StringMap{"QueueName": q.Name})("ApproximateNumberOfMessagesVisible", maximum)
	b.alarm(alarm{name, deadLettersKind, []metric{letters}, "", zero, minute, 1, 1})
	b.plot(deadLetters, letters)
}

// watchTopic creates the alarm of a topic that sends to queues:
// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
func (b *builder) watchTopic(name string, topic *sns.Topic) {
	of := metricsOf("AWS/SNS", name, pulumi.StringMap{"TopicName": topic.Name})
	failed := of("NumberOfNotificationsFailed", sum)
	b.alarm(alarm{name + "-deliveries", deliveriesKind, []metric{failed}, "", zero, minute, 1, 1})
	b.plot(messages, of("NumberOfMessagesPublished", sum), of("NumberOfNotificationsDelivered", sum), failed)
}

// watchTable creates the alarms of a table on which the component performs these operations:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
//
// Functions retry a throttled or failed operation, so short bursts are harmless.
func (b *builder) watchTable(name string, table *dynamodb.Table, operations []string) {
	of := metricsOf("AWS/DynamoDB", name, pulumi.StringMap{"TableName": table.Name})
	reads, writes := of("ReadThrottleEvents", sum), of("WriteThrottleEvents", sum)
	b.alarm(alarm{name + "-throttles", tableThrottleKind, []metric{reads.as("r"), writes.as("w")}, "FILL(r, 0) + FILL(w, 0)", zero, minute, 5, 5})
	var failed []metric
	var terms []string
	for i, operation := range operations {
		id := string(rune('a' + i))
		failed = append(failed, metricsOf("AWS/DynamoDB", name, pulumi.StringMap{
			"TableName": table.Name, "Operation": pulumi.String(operation),
		})("SystemErrors", sum).as(id))
		terms = append(terms, "FILL("+id+", 0)")
	}
	b.alarm(alarm{name + "-errors", tableErrorsKind, failed, strings.Join(terms, " + "), zero, minute, 3, 3})
	b.plot(capacity, of("ConsumedReadCapacityUnits", sum), of("ConsumedWriteCapacityUnits", sum))
	b.plot(throttled, reads, writes)
	b.plot(throttled, failed...)
}

// watchStream creates the alarms of a stream: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
// A throttled write is retried, or fails.
func (b *builder) watchStream(name string, stream *kinesis.Stream) {
	of := metricsOf("AWS/Kinesis", name, pulumi.StringMap{"StreamName": stream.Name})
	reads, writes := of("ReadProvisionedThroughputExceeded", sum), of("WriteProvisionedThroughputExceeded", sum)
	b.alarm(alarm{name + "-throttles", streamKind, []metric{reads.as("r"), writes.as("w")}, "FILL(r, 0) + FILL(w, 0)", zero, minute, 5, 5})
	b.plot(messages, of("IncomingRecords", sum))
	b.plot(throttled, reads, writes)
}

// watchMachine creates the alarms of executions: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
// Aborted executions are not counted, because a person aborted them.
func (b *builder) watchMachine(machine *sfn.StateMachine) {
	of := metricsOf("AWS/States", "executions", pulumi.StringMap{"StateMachineArn": machine.Arn})
	failed, timedOut, throttled := of("ExecutionsFailed", sum), of("ExecutionsTimedOut", sum), of("ExecutionThrottled", sum)
	b.alarm(alarm{"executions-failed", failedKind, []metric{failed}, "", zero, minute, 1, 1})
	b.alarm(alarm{"executions-timed-out", timedOutKind.of(b.ordersOr("inputs")), []metric{timedOut}, "", zero, minute, 1, 1})
	b.alarm(alarm{"executions-throttled", executionKind, []metric{throttled}, "", zero, minute, 1, 1})
	b.plot(executions, of("ExecutionsStarted", sum), of("ExecutionsSucceeded", sum), failed, timedOut, of("ExecutionsAborted", sum), throttled)
	b.plot(executionTimes, of("ExecutionTime", "p50"), of("ExecutionTime", "p99"))
}

// watchAPI creates the alarms of the stage of an API:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
func (b *builder) watchAPI(rest *apigateway.RestApi, stage *apigateway.Stage) {
	of := metricsOf("AWS/ApiGateway", "api", pulumi.StringMap{"ApiName": rest.Name, "Stage": stage.StageName})
	failed, slowest := of("5XXError", sum), of("Latency", "p99")
	b.alarm(alarm{"api-errors", apiErrorsKind.of(b.ordersOr("requests")), []metric{failed}, "", times(b.alarmArgs.ApiErrors, 1), fiveMinutes, 1, 1})
	b.alarm(alarm{"api-latency", apiLatencyKind, []metric{slowest}, "", times(b.alarmArgs.ApiLatencyMs, 1), minute, 5, 5})
	b.plot(requests, of("Count", sum), of("4XXError", sum), failed)
	b.plot(latencies, of("Latency", "p50"), slowest, of("IntegrationLatency", "p99"))
}

// watchOrders creates the alarms and charts of orders. Functions write these metrics to their logs: see handlers/ordermetric. An order is
// done when it has one of the outcomes done, or is rejected. steps are other outcomes.
func (b *builder) watchOrders(done, steps, reasons []string) {
	of := metricsOf("OrderPatterns", "", pulumi.StringMap{"Pattern": pulumi.String(b.pattern)})
	done = append(done, "Rejected")
	for _, outcome := range slices.Concat([]string{"Accepted"}, steps, done) {
		b.plot(orders, of(outcome, sum))
	}
	for _, reason := range reasons {
		b.plot(rejections, metricsOf("OrderPatterns", reason, pulumi.StringMap{
			"Pattern": pulumi.String(b.pattern), "Reason": pulumi.String(reason),
		})("Rejected", sum))
	}
	b.plot(secondsToDone, of("SecondsToDone", "p50"), of("SecondsToDone", "p99"))
	accepted := []metric{of("Accepted", sum).as("accepted")}
	var terms []string
	for _, outcome := range done {
		id := strings.ToLower(outcome)
		accepted, terms = append(accepted, of(outcome, sum).as(id)), append(terms, "FILL("+id+", 0)")
	}
	// An order that is accepted at the end of a period is done in the next one.
	b.alarm(alarm{"orders-not-done", notDoneKind, accepted,
		"IF(FILL(accepted, 0) > 0 && (" + strings.Join(terms, " + ") + ") == 0, 1, 0)", zero, fiveMinutes, 3, 3})
}

// watchFailing creates the alarm for how long messages fail. Our consumers return which messages failed, which is no error of a
// function, and SQS leaves these messages out of the age of a queue after three receives. They are retried at least every 15 minutes.
func (b *builder) watchFailing() {
	failing := metricsOf("OrderPatterns", "", pulumi.StringMap{"Pattern": pulumi.String(b.pattern)})("SecondsFailing", maximum)
	b.alarm(alarm{"messages-failing", failingKind, []metric{failing}, "", times(b.alarmArgs.QueueAgeSeconds, 1), 3 * fiveMinutes, 1, 2})
	b.plot(ages, failing)
}

// watchPending creates the alarm for how long orders are Pending. relay-order looks at each order at least every 15 minutes, so the alarm
// stays for 15 more minutes.
func (b *builder) watchPending() {
	pending := metricsOf("OrderPatterns", "", pulumi.StringMap{"Pattern": pulumi.String(b.pattern)})("SecondsPending", maximum)
	b.alarm(alarm{"orders-pending", pendingKind, []metric{pending}, "", times(b.alarmArgs.PendingSeconds, 1), 3 * fiveMinutes, 1, 2})
	b.plot(secondsToDone, pending)
}
