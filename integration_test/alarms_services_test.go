package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	locallambda "github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/stepfunctions"
)

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
			place(t, coffeeURL(pattern), newOrder(newAccount(), fmt.Sprint("v", minutes), time.Now()))
		},
		stop: func() { resume() },
	}
}
