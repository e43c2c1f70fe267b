package integration_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	locallambda "github.com/order-patterns/order-patterns/local/lambda"
	localsqs "github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

// causes knows what makes the alarms of the deployed patterns fire.
type causes struct {
	customer, product, order string // of the checker; the order is shipped
	execution                map[string]any
}

// byUser is the principal of what the tests themselves call.
const byUser = "arn:aws:iam::*:user/*"

// logDelay is how long what a function logs takes to arrive, and the metrics in it, by the machine's time.
const logDelay = 250 * time.Millisecond

func newCauses(t *testing.T) *causes {
	t.Helper()
	checker, o := checkerPattern(t), orchestrator(t)
	c := &causes{}
	c.customer, c.product = checker.newCustomerAndProduct(t, "1000", 1000)
	c.order = checker.placeOrder(t, checkerOrder(c.customer, c.product, 1, "1"))
	require.Equal(t, "Shipped", checker.waitForDecision(t, c.order).Status)
	place(t, o.URL, newOrder(newAccount(), "v0", time.Now()))
	list, err := sfnClient(t).ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &o.StateMachineARN})
	require.NoError(t, err)
	require.NotEmpty(t, list.Executions)
	got, err := sfnClient(t).DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: list.Executions[0].ExecutionArn})
	require.NoError(t, err)
	decode(t, *got.Input, &c.execution)
	return c
}

// of returns what causes an alarm, by its metric.
func (c *causes) of(t *testing.T, pattern string, a patternAlarm) cause {
	t.Helper()
	metric, of := a.metric()
	switch metric {
	case "AWS/SQS ApproximateNumberOfMessagesVisible":
		return messageInQueue(t, of["QueueName"])
	case "AWS/SQS ApproximateAgeOfOldestMessage":
		return c.consumerStops(t, of["QueueName"], strings.TrimSuffix(a.key, "-age"))
	case "AWS/Lambda Errors":
		return cause{start: func() { invokeFunction(t, of["FunctionName"], `"x"`) }}
	case "AWS/Lambda Throttles":
		return c.functionThrottled(t, of["FunctionName"])
	case "AWS/Lambda Duration":
		return c.functionSlow(t, pattern, strings.TrimSuffix(a.key, "-duration"), time.Duration(*a.alarm.Threshold)*time.Millisecond)
	case "AWS/Lambda IteratorAge":
		return readerFails(t, of["FunctionName"])
	case "AWS/ApiGateway 5XXError":
		return c.readFails(t, pattern)
	case "AWS/ApiGateway Latency":
		return c.readSlow(t, pattern, time.Duration(*a.alarm.Threshold)*time.Millisecond)
	case "AWS/States ExecutionsFailed":
		return cause{start: func() { startMachine(t, of["StateMachineArn"], map[string]any{}) }} // no path of the definition is in it
	case "AWS/States ExecutionsTimedOut":
		return c.executionTimesOut(t, of["StateMachineArn"])
	case "AWS/States ExecutionThrottled":
		return c.transitionsThrottled(t, of["StateMachineArn"])
	case "AWS/SNS NumberOfNotificationsFailed":
		return deliveriesFail(t, of["TopicName"])
	case "AWS/DynamoDB ReadThrottleEvents":
		return tableFails(t, of["TableName"], localdb.Throttled())
	case "AWS/DynamoDB SystemErrors":
		return tableFails(t, of["TableName"], wire.Errorf(http.StatusInternalServerError, "InternalServerError", "internal error"))
	case "AWS/Kinesis ReadProvisionedThroughputExceeded", "AWS/Kinesis WriteProvisionedThroughputExceeded":
		return streamThrottled(t, of["StreamName"])
	case "OrderPatterns SecondsFailing":
		return c.messageFails(t, pattern)
	case "OrderPatterns SecondsPending":
		return c.orderPending(t)
	case "OrderPatterns Accepted":
		return c.ordersNotDone(t, pattern)
	}
	require.Fail(t, "nothing is known to cause this alarm", "%s %s", a.key, metric)
	return cause{}
}

func messageInQueue(t *testing.T, queue string) cause {
	url := queueURL(t, queue)
	return cause{
		start: func() {
			_, err := sqsClient(t).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("given up")})
			require.NoError(t, err)
		},
		stop: func() { takeMessages(t, url) },
	}
}

// hold makes a queue keep its messages.
func hold(t *testing.T, queue string) (resume func()) {
	cloud, arn := embedded(t), "arn:aws:sqs:us-east-1:123456789012:"+queue
	cloud.SQS.SetDelivery(arn, localsqs.Delivery{Hold: true})
	resume = func() { cloud.SQS.SetDelivery(arn, localsqs.Delivery{}) }
	t.Cleanup(resume)
	return resume
}

// consumerStops makes a function get no messages, so that one waits.
func (c *causes) consumerStops(t *testing.T, queue, zip string) cause {
	var resume func()
	return cause{
		start: func() {
			resume = hold(t, queue)
			_, err := sqsClient(t).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(queueURL(t, queue)), MessageBody: aws.String(c.message(t, zip))})
			require.NoError(t, err)
		},
		stop: func() { resume() },
	}
}

// messageFails takes from a consumer what it needs, and gives it a message that is twenty minutes old.
func (c *causes) messageFails(t *testing.T, pattern string) cause {
	zip, action := "write-invoice", "s3:PutObject"
	if pattern == "checker" {
		zip, action = "check-balance", "dynamodb:GetItem"
	}
	fn := functionsOf(t, pattern)[zip]
	var resume func()
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Action: action, Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: fail(accessDenied)})
			require.False(t, invokeFunction(t, fn.Name, c.event(t, zip)), "the failure of a message is no error of the function")
			time.Sleep(logDelay)
		},
		stop: func() { resume() },
	}
}

func nameOf(url string) string { return url[strings.LastIndex(url, "/")+1:] }

func queueURL(t *testing.T, queue string) string {
	got, err := sqsClient(t).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue})
	require.NoError(t, err)
	return *got.QueueUrl
}

// takeMessages deletes the visible messages of a queue.
func takeMessages(t *testing.T, url string) {
	for {
		got, err := sqsClient(t).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		if len(got.Messages) == 0 {
			return
		}
		for _, m := range got.Messages {
			_, err := sqsClient(t).DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			require.NoError(t, err)
		}
	}
}

// invokeFunction invokes a function and returns whether it failed.
func invokeFunction(t *testing.T, name, payload string) (failed bool) {
	t.Helper()
	got, err := lambdaClient(t).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(payload)})
	require.NoError(t, err)
	return got.FunctionError != nil
}

func (c *causes) functionThrottled(t *testing.T, name string) cause {
	var resume func()
	once := func(o *lambda.Options) { o.RetryMaxAttempts = 1 }
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Action: "lambda:InvokeFunction", Resource: "*:" + name, Principal: byUser, Do: fail(locallambda.Throttled())})
		},
		minute: func() {
			_, err := lambdaClient(t).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte("{}")}, once)
			require.ErrorContains(t, err, "TooManyRequestsException")
		},
		stop: func() { resume() },
	}
}

// functionSlow lets time pass in the first call that an invocation of a function makes.
func (c *causes) functionSlow(t *testing.T, pattern, zip string, limit time.Duration) cause {
	fn := functionsOf(t, pattern)[zip]
	var armed atomic.Bool
	var resume func()
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: func(_ context.Context, e fault.Event) error {
				service, operation, _ := strings.Cut(e.Action, ":")
				byLambda := service == "logs" || service == "xray" || strings.HasPrefix(operation, "Receive") || strings.HasPrefix(operation, "Delete") ||
					service == "kinesis" && strings.HasPrefix(operation, "Get")
				if !byLambda && armed.CompareAndSwap(true, false) {
					deployment.clock.Advance(limit + 500*time.Millisecond)
				}
				return nil
			}})
		},
		minute: func() {
			armed.Store(true)
			require.False(t, invokeFunction(t, fn.Name, c.event(t, zip)))
			require.False(t, armed.Load(), "%s has made no call", zip)
		},
		stop: func() { resume() },
	}
}

func functionsOf(t *testing.T, pattern string) map[string]function {
	t.Helper()
	switch pattern {
	case "fanout":
		return fanOut(t).Functions
	case "orchestrator":
		return orchestrator(t).Functions
	case "eventstream":
		return eventStream(t).Functions
	}
	return checkerPattern(t).Functions
}

// readerFails makes a reader of the stream fail with every record.
func readerFails(t *testing.T, name string) cause {
	e := eventStream(t)
	var resume []func()
	return cause{
		start: func() {
			for zip, action := range map[string]string{"project-order": "dynamodb:PutItem", "invoice-order": "s3:PutObject"} {
				if fn := e.Functions[zip]; fn.Name == name {
					resume = append(resume, inject(t, fault.Rule{Action: action, Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: fail(accessDenied)}))
				}
			}
			require.Len(t, resume, 1)
			place(t, e.URL, newOrder(newAccount(), "v0", time.Now()))
		},
		stop: func() { resume[0]() },
	}
}

// read is a GET request of a pattern's API, for whose answer a function reads a table.
func (c *causes) read(t *testing.T, pattern string) (response, function) {
	t.Helper()
	if pattern == "checker" {
		o := checkerPattern(t)
		return call(t, http.MethodGet, o.URL+"/order/"+c.order+"/status", "", o.header()...), o.Functions["get-order-status"]
	}
	return call(t, http.MethodGet, coffeeURL(pattern)+"/order?accountid=a0&vendorid=v0", ""), functionsOf(t, pattern)["get-order"]
}

func (c *causes) readFails(t *testing.T, pattern string) cause {
	var resume func()
	return cause{
		start: func() {
			_, fn := c.read(t, pattern)
			resume = inject(t, fault.Rule{Action: "dynamodb:GetItem", Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: fail(accessDenied)})
			got, _ := c.read(t, pattern)
			require.GreaterOrEqual(t, got.status, 500)
		},
		stop: func() { resume() },
	}
}

func (c *causes) readSlow(t *testing.T, pattern string, limit time.Duration) cause {
	var resume func()
	return cause{
		start: func() {
			_, fn := c.read(t, pattern)
			resume = inject(t, fault.Rule{Action: "dynamodb:GetItem", Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: func(context.Context, fault.Event) error {
				deployment.clock.Advance(limit + 100*time.Millisecond)
				return nil
			}})
		},
		minute: func() { c.read(t, pattern) },
		stop:   func() { resume() },
	}
}
