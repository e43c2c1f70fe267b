package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/redrive"
	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/stack"
	"github.com/order-patterns/order-patterns/local/wire"
)

// orchestratorOutage is an Orchestrator on a cloud of its own, whose clock may jump by a day.
type orchestratorOutage struct {
	*orchestratorOutputs
	cloud    *local.Cloud
	clock    *clock
	machines *sfn.Client
	queues   *sqs.Client
}

// newOrchestratorOutage deploys an Orchestrator. Functions and clients sign with the machine's time, so the clock starts behind it if it
// is to jump for longer than a quarter of an hour.
func newOrchestratorOutage(t *testing.T, behind time.Duration, express string) *orchestratorOutage {
	t.Helper()
	embedded(t)
	home, ctx := t.TempDir(), context.Background()
	o := &orchestratorOutage{clock: startClockAt(time.Now().Add(-behind))}
	var err error
	o.cloud, err = local.Start(local.Options{Clock: o.clock, Dir: filepath.Join(home, "functions"), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	s := &stack.Stack{Project: deployment.stack.Project, Home: home, ProviderPort: o.cloud.ProviderPort, Log: t.Output()}
	t.Cleanup(func() { require.NoError(t, errors.Join(s.Destroy(ctx), o.cloud.Close(), o.clock.stop())) })
	require.NoError(t, s.Up(ctx, map[string]string{"pattern": "orchestrator", "express": express}))
	text, err := s.Outputs(ctx)
	require.NoError(t, err)
	var all outputs
	require.NoError(t, json.Unmarshal(text, &all))
	o.orchestratorOutputs = all.Orchestrator
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: &o.cloud.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(o.cloud.Admin.AccessKeyID, o.cloud.Admin.SecretAccessKey, ""),
	}
	o.machines, o.queues = sfn.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	return o
}

// place places orders of different accounts at the cloud's time.
func (o *orchestratorOutage) place(t *testing.T, n int) (orders []coffeeOrder) {
	t.Helper()
	for range n {
		order := newOrder(newAccount(), "v0", o.clock.Now())
		place(t, o.URL, order)
		orders = append(orders, order)
	}
	return orders
}

// pass lets the cloud's time pass in steps, in which executions come to their next wait.
func (o *orchestratorOutage) pass(d, step time.Duration) {
	for ; d > 0; d -= step {
		o.clock.Advance(min(step, d))
		time.Sleep(2 * time.Millisecond)
	}
}

// passIdle is pass for a time in which functions run: it waits for them, because they do not run any faster.
func (o *orchestratorOutage) passIdle(d, step time.Duration) {
	for ; d > 0; d -= step {
		o.clock.Advance(step)
		for time.Sleep(5 * time.Millisecond); !idle(o.cloud, o.Functions); {
			time.Sleep(time.Millisecond)
		}
	}
}

// statuses counts the executions of a Standard machine.
func (o *orchestratorOutage) statuses(t *testing.T) map[types.ExecutionStatus]int {
	t.Helper()
	counts := map[types.ExecutionStatus]int{}
	pages := sfn.NewListExecutionsPaginator(o.machines, &sfn.ListExecutionsInput{StateMachineArn: &o.StateMachineARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, e := range page.Executions {
			counts[e.Status]++
		}
	}
	return counts
}

// done requires that orders are stored and invoiced.
func (o *orchestratorOutage) done(t *testing.T, orders []coffeeOrder) {
	t.Helper()
	for _, order := range orders {
		eventually(t, "order "+order.AccountID+" is stored and invoiced", func() bool {
			return getOrder(t, o.URL, order.AccountID, "v0") != nil && getInvoice(t, o.URL, order.AccountID, "v0") != nil
		})
	}
}

// failure is a message in the failure queue.
type failure struct {
	Input                   struct{ OrderID, RequestID, Body string }
	Error, Cause, Execution string
	Time                    time.Time
}

// failures waits for n messages in the failure queue, and leaves them there.
func (o *orchestratorOutage) failures(t *testing.T, n int) []failure {
	t.Helper()
	byID := map[string]failure{}
	eventually(t, fmt.Sprintf("%d messages are in the failure queue", n), func() bool {
		o.clock.Advance(time.Second)
		out, err := o.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &o.FailureQueueURL, MaxNumberOfMessages: 10, VisibilityTimeout: 1})
		require.NoError(t, err)
		for _, m := range out.Messages {
			var f failure
			require.NoError(t, json.Unmarshal([]byte(*m.Body), &f), *m.Body)
			byID[*m.MessageId] = f
		}
		return len(byID) >= n
	})
	require.Len(t, byID, n)
	o.clock.Advance(2 * time.Second)
	var list []failure
	for _, f := range byID {
		list = append(list, f)
	}
	return list
}

// redrive starts the orders in the failure queue again, and counts them by outcome.
func (o *orchestratorOutage) redrive(t *testing.T) map[redrive.Outcome]int {
	t.Helper()
	counts := map[redrive.Outcome]int{}
	r := &redrive.Redrive{
		Queue: o.queues, Machine: o.machines, QueueURL: o.FailureQueueURL, MachineARN: o.StateMachineARN,
		Report: func(order redrive.Order) { counts[order.Outcome]++ },
	}
	require.NoError(t, r.Messages(t.Context()))
	require.NoError(t, r.Unfinished(t.Context()))
	return counts
}

func (o *orchestratorOutage) fault(t *testing.T, r fault.Rule) (mend func()) {
	t.Helper()
	return o.cloud.Account.Faults.Add(r)
}

func TestAThrottlingOfADayEndsWithEveryOrderStored(t *testing.T) {
	const day, last = 24 * time.Hour, 8 * time.Minute
	o := newOrchestratorOutage(t, day+last, "false")
	mend := o.fault(t, fault.Rule{Action: "lambda:InvokeFunction", Resource: "*-task*", Do: fail(lambda.Throttled())})
	orders := o.place(t, 10)
	o.pass(day, time.Minute)
	require.Equal(t, map[types.ExecutionStatus]int{types.ExecutionStatusRunning: 10}, o.statuses(t))
	mend()
	o.passIdle(15*time.Minute, 5*time.Second) // the longest delay of a retry
	o.done(t, orders)
	eventually(t, "every execution succeeded", func() bool { return o.statuses(t)[types.ExecutionStatusSucceeded] == 10 })
	o.failures(t, 0)
	o.refusesAnInvalidOrderAtOnce(t)
}

func TestWhatFailedForMoreThanADayIsInTheFailureQueueAndIsDoneAfterRedriving(t *testing.T) {
	const long = 4 * 24 * time.Hour
	o := newOrchestratorOutage(t, long, "false")
	mend := o.fault(t, fault.Rule{Action: "lambda:InvokeFunction", Resource: "*-task*", Do: fail(lambda.Throttled())})
	orders := o.place(t, 3)
	o.pass(long, 5*time.Minute)
	failed := o.failures(t, 3)
	require.Equal(t, map[types.ExecutionStatus]int{types.ExecutionStatusFailed: 3}, o.statuses(t))
	for _, f := range failed {
		require.Equal(t, "Lambda.TooManyRequestsException", f.Error)
	}
	mend()
	require.Equal(t, map[redrive.Outcome]int{redrive.Started: 3}, o.redrive(t))
	o.done(t, orders)
	o.failures(t, 0)
	require.Equal(t, map[types.ExecutionStatus]int{types.ExecutionStatusFailed: 3, types.ExecutionStatusSucceeded: 3}, o.statuses(t))
}

func TestAnExpressExecutionMovesTheWholeInputToTheFailureQueueWithinItsFiveMinutes(t *testing.T) {
	o := newOrchestratorOutage(t, 8*time.Minute, "true")
	for name, c := range map[string]struct {
		rule fault.Rule
		err  string
	}{
		"the table is gone": {fault.Rule{Action: "dynamodb:PutItem",
			Do: fail(wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "no such table"))}, "StoreUnavailable"},
		"the bucket denies": {fault.Rule{Action: "s3:PutObject",
			Do: fail(wire.Errorf(http.StatusForbidden, "AccessDenied", "Access Denied"))}, "InvoiceUnavailable"},
		"the functions are throttled": {fault.Rule{Action: "lambda:InvokeFunction", Resource: "*-task*",
			Do: fail(lambda.Throttled())}, "Lambda.TooManyRequestsException"},
	} {
		t.Run(name, func(t *testing.T) {
			mend := o.fault(t, c.rule)
			began := o.clock.Now()
			orders := o.place(t, 3)
			// Twenty times as fast as real time, so that a function that starts is not late.
			o.pass(285*time.Second, 40*time.Millisecond)
			failed := o.failures(t, 3)
			bodies := map[string]bool{}
			for _, f := range failed {
				require.Equal(t, c.err, f.Error)
				require.NotEmpty(t, f.Cause)
				require.Contains(t, f.Execution, ":express:")
				require.Equal(t, f.Input.OrderID, f.Input.RequestID)
				require.WithinRange(t, f.Time, began, began.Add(300*time.Second))
				bodies[f.Input.Body] = true
			}
			for _, order := range orders {
				require.True(t, bodies[order.body()], "the whole order is in the queue")
				require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"), "it is not stored, or was taken back")
			}
			mend()
			require.Equal(t, map[redrive.Outcome]int{redrive.Started: 3}, o.redrive(t))
			o.done(t, orders)
			o.failures(t, 0)
		})
	}
	o.refusesAnInvalidOrderAtOnce(t)
}

// refusesAnInvalidOrderAtOnce requires that an order of which the gate cannot tell that it is not valid reaches the failure
// queue at once, and is not started again.
func (o *orchestratorOutage) refusesAnInvalidOrderAtOnce(t *testing.T) {
	t.Helper()
	order := newOrder(newAccount(), "v0", o.clock.Now())
	order.City = ""
	r := call(t, http.MethodPost, o.URL+"/order", order.body())
	require.Equal(t, http.StatusAccepted, r.status)
	failed := o.failures(t, 1)[0]
	require.Equal(t, "InvalidOrder", failed.Error)
	require.Contains(t, failed.Cause, "order.city: is missing")
	require.Equal(t, order.body(), failed.Input.Body)
	require.Equal(t, map[redrive.Outcome]int{redrive.Left: 1}, o.redrive(t))
}

// A notification that cannot be sent keeps its execution waiting, and nothing else.
func TestARefusedNotificationDoesNotUndoAnOrderAndIsVisible(t *testing.T) {
	const long = 3 * 24 * time.Hour
	o := newOrchestratorOutage(t, 0, "false")
	o.fault(t, fault.Rule{Action: "sns:Publish", Resource: o.TopicARN, Do: fail(wire.Errorf(http.StatusForbidden, "AuthorizationError", "no"))})
	var accepted struct{ ExecutionArn string }
	order := newOrder(newAccount(), "v0", o.clock.Now())
	decode(t, call(t, http.MethodPost, o.URL+"/order", order.body()).body, &accepted)
	o.done(t, []coffeeOrder{order})
	o.pass(long, time.Minute)
	o.clock.Advance(-long) // the client below signs with the machine's time
	var out *sfn.DescribeExecutionOutput
	eventually(t, "the execution ends", func() bool {
		var err error
		out, err = o.machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &accepted.ExecutionArn})
		require.NoError(t, err)
		if out.Status != types.ExecutionStatusRunning {
			return true
		}
		o.pass(long, 10*time.Minute) // a busy machine has not retried as often as the time that passed allows
		o.clock.Advance(-long)
		return false
	})
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status)
	var output struct{ Notification struct{ Error, Cause string } }
	require.NoError(t, json.Unmarshal([]byte(*out.Output), &output))
	require.Contains(t, output.Notification.Error, "SNS.")
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
}
