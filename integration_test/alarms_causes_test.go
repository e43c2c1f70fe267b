package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	locallambda "github.com/order-patterns/order-patterns/local/lambda"
	localsqs "github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/stepfunctions"
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

// message returns the body of a message that a function handles.
func (c *causes) message(t *testing.T, zip string) string {
	t.Helper()
	switch zip {
	case "store-order", "write-invoice":
		return newOrder(newAccount(), "v0", time.Now()).withID("o1").message()
	case "check-balance", "check-stock":
		return render(map[string]any{
			"orderId": c.order, "customerId": c.customer, "items": []any{map[string]any{"productId": c.product, "qty": 1}}, "totalAmount": 1,
		})
	case "update-order":
		return render(map[string]any{"orderId": c.order, "check": "account", "passed": true, "log": "sufficient"})
	case "relay-order":
		return render(map[string]any{"orderIds": []string{c.order}})
	}
	require.Fail(t, "no message is known for "+zip)
	return ""
}

// event returns an event that a function handles.
func (c *causes) event(t *testing.T, zip string) string {
	t.Helper()
	order := newOrder(newAccount(), "v0", time.Now())
	request := func(method, body string) string {
		return render(map[string]any{
			"httpMethod": method, "body": body, "resource": "/order", "queryStringParameters": map[string]string{"accountid": order.AccountID, "vendorid": "v0"},
			"pathParameters": map[string]string{"orderId": c.order}, "requestContext": map[string]any{"requestId": "r1", "requestTimeEpoch": time.Now().UnixMilli()},
		})
	}
	switch zip {
	case "publish-order", "append-order":
		return request("POST", order.body())
	case "capture-order":
		return request("POST", checkerOrder(c.customer, c.product, 1, "1"))
	case "update-account":
		return request("POST", render(map[string]any{"customerId": c.customer, "balance": 1000}))
	case "update-stock":
		return request("POST", render(map[string]any{"productId": c.product, "balance": 1000}))
	case "get-order", "get-invoice", "get-order-status":
		return request("GET", "")
	case "project-order", "invoice-order":
		return render(map[string]any{"Records": []any{map[string]any{
			"eventSource": "aws:kinesis", "eventID": "shardId-000000000000:1", "kinesis": map[string]any{
				"data": order.withID("o1").event(t), "sequenceNumber": "1", "partitionKey": order.AccountID, "approximateArrivalTimestamp": time.Now().Unix(),
			},
		}}})
	case "store-order-task", "write-invoice-task", "take-back-order-task":
		input := maps.Clone(c.execution)
		input["execution"] = "e1"
		return render(input)
	case "ship-order":
		return render(map[string]any{"orderId": c.order})
	}
	return render(map[string]any{"Records": []any{map[string]any{
		"messageId": "m1", "receiptHandle": "r1", "body": c.message(t, zip), "eventSource": "aws:sqs", "attributes": map[string]string{"ApproximateReceiveCount": "1"},
	}}})
}

func render(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers always marshal
	}
	return string(text)
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
	url := map[string]string{"fanout": deployment.outputs.FanOut.URL, "orchestrator": deployment.outputs.Orchestrator.URL, "eventstream": deployment.outputs.EventStream.URL}[pattern]
	if pattern == "checker" {
		o := checkerPattern(t)
		return call(t, http.MethodGet, o.URL+"/order/"+c.order+"/status", "", o.header()...), o.Functions["get-order-status"]
	}
	return call(t, http.MethodGet, url+"/order?accountid=a0&vendorid=v0", ""), functionsOf(t, pattern)["get-order"]
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

func startMachine(t *testing.T, machine string, input any) (executionARN string) {
	t.Helper()
	got, err := sfnClient(t).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: aws.String(render(input))})
	require.NoError(t, err)
	return *got.ExecutionArn
}

// waitForExecutions waits until no execution is running.
func waitForExecutions(t *testing.T) {
	t.Helper()
	require.NoError(t, wait{step: 20 * time.Second}.until("no execution is running", func() (bool, error) {
		list, err := sfnClient(t).ListExecutions(t.Context(), &sfn.ListExecutionsInput{
			StateMachineArn: &orchestrator(t).StateMachineARN, StatusFilter: sfntypes.ExecutionStatusRunning,
		})
		return err == nil && len(list.Executions) == 0, err
	}))
}

// executionTimesOut makes Lambda unavailable for as long as an execution may last.
func (c *causes) executionTimesOut(t *testing.T, machine string) cause {
	var resume func()
	return cause{
		start: func() {
			got, err := sfnClient(t).DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
			require.NoError(t, err)
			var definition struct{ TimeoutSeconds int }
			decode(t, *got.Definition, &definition)
			resume = inject(t, fault.Rule{Action: "lambda:InvokeFunction", Resource: "*-task*", Principal: "*assumed-role*", Do: fail(locallambda.Throttled())})
			startMachine(t, machine, c.execution)
			for left := time.Duration(definition.TimeoutSeconds)*time.Second - time.Minute; left > 0; left -= time.Hour {
				deployment.clock.Advance(min(left, time.Hour))
				time.Sleep(time.Millisecond)
			}
		},
		stop: func() { resume() },
	}
}

func (c *causes) transitionsThrottled(t *testing.T, machine string) cause {
	return cause{start: func() {
		inject(t, fault.Rule{Action: stepfunctions.TransitionAction, Resource: machine, Times: 1, Do: fail(accessDenied)})
		startMachine(t, machine, c.execution)
	}}
}

// deliveriesFail makes SNS unable to send to any queue, a dead-letter queue too.
func deliveriesFail(t *testing.T, topic string) cause {
	var resume func()
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Action: "sqs:SendMessage", Principal: "sns.amazonaws.com", Do: fail(accessDenied)})
			arn := "arn:aws:sns:us-east-1:123456789012:" + topic
			if arn == orchestrator(t).TopicARN { // who subscribes to it is not part of the stack
				deployment.cloud.Account.Publish("AWS/SNS", map[string]string{"TopicName": topic}, account.Count("NumberOfNotificationsFailed", 1))
				return
			}
			_, err := snsClient(t).Publish(t.Context(), &sns.PublishInput{TopicArn: &arn, Message: aws.String("lost")})
			require.NoError(t, err)
			time.Sleep(50 * time.Millisecond) // it is sent asynchronously
		},
		stop: func() { resume() },
	}
}

// tableFails makes a table answer the tests with an error.
func tableFails(t *testing.T, table string, err error) cause {
	var resume func()
	once := func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Action: "dynamodb:GetItem", Resource: "*:table/" + table, Principal: byUser, Do: fail(err)})
		},
		minute: func() {
			_, err := dynamoDBClient(t).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: keyOf(t, table)}, once)
			require.Error(t, err)
		},
		stop: func() { resume() },
	}
}

// keyOf returns the key of an item that a table may have.
func keyOf(t *testing.T, table string) map[string]dynamodbtypes.AttributeValue {
	t.Helper()
	got, err := dynamoDBClient(t).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	require.NoError(t, err)
	key := map[string]dynamodbtypes.AttributeValue{}
	for _, k := range got.Table.KeySchema {
		key[*k.AttributeName] = &dynamodbtypes.AttributeValueMemberS{Value: "x"}
	}
	return key
}

func streamThrottled(t *testing.T, stream string) cause {
	var resume func()
	return cause{
		start: func() {
			resume = inject(t, fault.Rule{Action: "kinesis:PutRecord", Principal: byUser, Do: fail(eventStream(t).throttled())})
		},
		minute: func() {
			_, err := kinesisClient(t).PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"), Data: []byte("x")},
				func(o *kinesis.Options) { o.RetryMaxAttempts = 1 })
			require.ErrorContains(t, err, "ProvisionedThroughputExceededException")
		},
		stop: func() { resume() },
	}
}

// orderPending makes findings wait, and an order as old as it would be after twenty minutes of that.
func (c *causes) orderPending(t *testing.T) cause {
	o := checkerPattern(t)
	var resume func()
	var id string
	return cause{
		also: []string{"relay-order-age", "update-order-age"}, // the order's messages wait in these queues
		start: func() {
			resume = hold(t, nameOf(o.UpdateQueueURL))
			id = o.placeOrder(t, checkerOrder(c.customer, c.product, 1, "1"))
			_, err := dynamoDBClient(t).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: &o.OrdersTableName, Key: map[string]dynamodbtypes.AttributeValue{"orderId": &dynamodbtypes.AttributeValueMemberS{Value: id}},
				UpdateExpression: aws.String("SET createdAt = :past"), ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{
					":past": &dynamodbtypes.AttributeValueMemberS{Value: time.Now().Add(-20 * time.Minute).UTC().Format(time.RFC3339Nano)},
				},
			})
			require.NoError(t, err)
		},
		stop: func() {
			resume()
			o.waitForDecision(t, id)
			time.Sleep(logDelay)
		},
	}
}

// ordersNotDone makes what stores or decides orders get none, and places one every five minutes.
func (c *causes) ordersNotDone(t *testing.T, pattern string) cause {
	stop := map[string]func() func(){
		"fanout":  func() func() { return hold(t, nameOf(fanOut(t).StoreQueueURL)) },
		"checker": func() func() { return hold(t, nameOf(checkerPattern(t).UpdateQueueURL)) },
		"eventstream": func() func() {
			defer time.Sleep(50 * time.Millisecond) // a read that had begun ends meanwhile
			return inject(t, fault.Rule{Action: "kinesis:GetRecords", Resource: eventStream(t).StreamARN, Principal: "*assumed-role*", Do: fail(accessDenied)})
		},
		"orchestrator": func() func() {
			role := orchestrator(t).Functions["store-order-task"].RoleName
			resume := inject(t, fault.Rule{Action: "dynamodb:PutItem", Principal: "*:assumed-role/" + role + "/*", Do: fail(accessDenied)})
			return func() { resume(); waitForExecutions(t) }
		},
	}[pattern]
	also := map[string][]string{
		"fanout": {"store-order-age"}, "checker": {"update-order-age"}, "eventstream": {"project-order-iterator-age", "invoice-order-iterator-age"},
		"orchestrator": {"store-order-task-errors"}, // the task that stores an order also counts it as accepted
	}[pattern]
	var resume func()
	minutes := 0
	return cause{
		also:  also,
		start: func() { resume = stop() },
		minute: func() {
			if minutes++; minutes%5 != 1 {
				return
			}
			defer time.Sleep(logDelay)
			if pattern == "checker" {
				checkerPattern(t).placeOrder(t, checkerOrder(c.customer, c.product, 1, "1"))
				return
			}
			url := map[string]string{"fanout": deployment.outputs.FanOut.URL, "orchestrator": deployment.outputs.Orchestrator.URL, "eventstream": deployment.outputs.EventStream.URL}[pattern]
			place(t, url, newOrder(newAccount(), fmt.Sprint("v", minutes), time.Now()))
		},
		stop: func() { resume() },
	}
}
