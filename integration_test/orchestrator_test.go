package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/wire"
)

// start places an order and returns the ARN of its execution.
func start(t *testing.T, o *orchestratorOutputs, order coffeeOrder) string {
	t.Helper()
	r := call(t, http.MethodPost, o.URL+"/order", order.body())
	require.Equal(t, http.StatusAccepted, r.status, r.body)
	var accepted struct{ OrderID, ExecutionArn string }
	decode(t, r.body, &accepted)
	require.NotEmpty(t, accepted.ExecutionArn)
	require.NotEmpty(t, accepted.OrderID)
	return accepted.ExecutionArn
}

// ended waits for an execution's end. On an embedded cloud the waits between retries pass quickly.
func ended(t *testing.T, executionARN string) *sfn.DescribeExecutionOutput {
	t.Helper()
	machines := sfn.NewFromConfig(awsConfig(t))
	var out *sfn.DescribeExecutionOutput
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var err error
		out, err = machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &executionARN})
		require.NoError(t, err)
		if out.Status != types.ExecutionStatusRunning {
			return out
		}
		require.Less(t, time.Since(began), time.Minute, "the execution does not end")
		if deployment.clock != nil && time.Since(began) > 500*time.Millisecond {
			deployment.clock.Advance(500 * time.Millisecond)
		}
	}
}

// happened lists what an execution did: types of events, with the state's name or the error where there is one.
func happened(t *testing.T, executionARN string) []string {
	t.Helper()
	var events []string
	pages := sfn.NewGetExecutionHistoryPaginator(sfn.NewFromConfig(awsConfig(t)), &sfn.GetExecutionHistoryInput{ExecutionArn: &executionARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, e := range page.Events {
			event := string(e.Type)
			switch {
			case e.StateEnteredEventDetails != nil:
				event += " " + *e.StateEnteredEventDetails.Name
			case e.TaskFailedEventDetails != nil:
				event += " " + *e.TaskFailedEventDetails.Error
			case e.ExecutionFailedEventDetails != nil:
				event += " " + aws.ToString(e.ExecutionFailedEventDetails.Error)
			}
			events = append(events, event)
		}
	}
	return events
}

func count(list []string, want string) (n int) {
	for _, have := range list {
		if have == want {
			n++
		}
	}
	return n
}

// inject puts a fault in force for the test.
func inject(t *testing.T, r fault.Rule) {
	t.Helper()
	t.Cleanup(embedded(t).Account.Faults.Add(r))
}

func always(err error) func(context.Context, fault.Event) error {
	return func(context.Context, fault.Event) error { return err }
}

var refused = wire.Errorf(http.StatusForbidden, "AccessDenied", "Access Denied")

// invoiceOf matches the invoices of an account.
func invoiceOf(o *orchestratorOutputs, account string) string {
	return fmt.Sprintf("arn:aws:s3:::%s/invoices/%s/*", o.BucketName, account)
}

func TestAPlacedOrderIsStoredInvoicedAndNotified(t *testing.T) {
	o := orchestrator(t)
	order := latte(newAccount(), "v0", time.Now())
	execution := ended(t, start(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	var output struct {
		Notification struct{ MessageID string }
		Invoice      struct{ InvoiceID string }
	}
	require.NoError(t, json.Unmarshal([]byte(*execution.Output), &output))
	require.NotEmpty(t, output.Notification.MessageID)
	require.Equal(t, getInvoice(t, o.URL, order.AccountID, "")["invoiceid"], output.Invoice.InvoiceID)
	events := happened(t, *execution.ExecutionArn)
	for _, want := range []string{"TaskStateEntered StoreOrder", "TaskStateEntered WriteInvoice", "TaskStateEntered Notify", "SucceedStateEntered OrderPlaced"} {
		require.Equal(t, 1, count(events, want), want)
	}
}

func TestACompletedOrderRunsThroughTheMachine(t *testing.T) {
	o := orchestrator(t)
	order := latte(newAccount(), "v0", time.Now())
	ended(t, start(t, o, order))
	execution := ended(t, start(t, o, coffeeOrder{
		AccountID: order.AccountID, VendorID: "v0", OrderDate: time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano),
		EventType: []string{"order_completed"},
	}))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.Equal(t, 1, count(happened(t, *execution.ExecutionArn), "TaskStateEntered RemoveOrder"))
	require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"))
}

func TestARepeatedRequestPlacesNothingTwice(t *testing.T) {
	o := orchestrator(t)
	order := latte(newAccount(), "v0", time.Now())
	order.OrderID = "once-" + order.AccountID
	first := start(t, o, order)
	ended(t, first)
	r := call(t, http.MethodPost, o.URL+"/order", order.body())
	require.Equal(t, http.StatusConflict, r.status, r.body)
	require.Contains(t, r.message(t), "orderid")
	other := latte(order.AccountID, "v1", time.Now())
	other.OrderID = order.OrderID
	require.Equal(t, http.StatusConflict, call(t, http.MethodPost, o.URL+"/order", other.body()).status, "another order under the same id")
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
}

func TestBadInputStartsNoExecution(t *testing.T) {
	o := orchestrator(t)
	executions := func() int {
		n := 0
		pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(awsConfig(t)), &sfn.ListExecutionsInput{StateMachineArn: &o.StateMachineARN})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			n += len(page.Executions)
		}
		return n
	}
	before := executions()
	bad := latte("a0", "v0", time.Now())
	bad.Details.Quantity = 0
	for _, body := range []string{"", "{", "[]", "{}", `{"order":{}}`, bad.body()} {
		require.Equal(t, http.StatusBadRequest, call(t, http.MethodPost, o.URL+"/order", body, "Content-Type", "application/json").status, body)
	}
	require.Equal(t, http.StatusUnsupportedMediaType,
		call(t, http.MethodPost, o.URL+"/order", bad.body(), "Content-Type", "text/plain").status, "what is not validated does not pass")
	require.Equal(t, before, executions())
}

func TestAThrottledFunctionIsTriedAgain(t *testing.T) {
	o := orchestrator(t)
	inject(t, fault.Rule{
		Action: "lambda:InvokeFunction", Resource: "*" + o.Functions["store-order-task"].Name + "*", Times: 2, Do: always(lambda.Throttled()),
	})
	order := latte(newAccount(), "v0", time.Now())
	execution := ended(t, start(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	events := happened(t, *execution.ExecutionArn)
	require.Equal(t, 2, count(events, "TaskFailed Lambda.TooManyRequestsException"), events)
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
}

func TestAnOrderWhoseInvoiceIsRefusedIsTakenBack(t *testing.T) {
	o := orchestrator(t)
	order := latte(newAccount(), "v0", time.Now())
	inject(t, fault.Rule{Action: "s3:PutObject", Resource: invoiceOf(o, order.AccountID), Do: always(refused)})
	var published atomic.Int64
	inject(t, fault.Rule{Action: "sns:Publish", Resource: o.TopicARN, Do: func(context.Context, fault.Event) error {
		published.Add(1)
		return nil
	}})
	execution := ended(t, start(t, o, order))
	require.Equal(t, types.ExecutionStatusFailed, execution.Status)
	require.Equal(t, "InvoiceRefused", aws.ToString(execution.Error))
	require.Contains(t, aws.ToString(execution.Cause), "AccessDenied")
	require.Contains(t, aws.ToString(execution.Cause), o.BucketName)
	events := happened(t, *execution.ExecutionArn)
	require.Equal(t, 1, count(events, "TaskFailed InvoiceRefused"), "what is refused is not tried again: %v", events)
	require.Equal(t, 1, count(events, "TaskStateEntered TakeBackOrder"))
	require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Empty(t, invoices(t, o.BucketName, order.AccountID))
	require.Zero(t, published.Load(), "nobody is notified")
}

func TestANewerOrderSurvivesTheTakingBackOfAnOlder(t *testing.T) {
	o := orchestrator(t)
	older := latte(newAccount(), "v0", time.Now())
	older.OrderID = "older-" + older.AccountID
	newer := latte(older.AccountID, "v0", time.Now().Add(time.Minute))
	newer.OrderID = "newer-" + older.AccountID
	// While the older order's invoice is being refused, the newer order is placed.
	inject(t, fault.Rule{
		Action: "s3:PutObject", Resource: fmt.Sprintf("arn:aws:s3:::%s/invoices/%s/*/%s/*", o.BucketName, older.AccountID, older.OrderID),
		Do: func(context.Context, fault.Event) error {
			if r, err := try(http.MethodPost, o.URL+"/order", newer.body()); err != nil || (r.status != http.StatusAccepted && r.status != http.StatusConflict) {
				return fmt.Errorf("placing the newer order: %v %s", err, r.body)
			}
			for item := map[string]any(nil); item["orderid"] != newer.OrderID; time.Sleep(5 * time.Millisecond) {
				item = getOrder(t, o.URL, newer.AccountID, "v0")
			}
			return refused
		},
	})
	execution := ended(t, start(t, o, older))
	require.Equal(t, types.ExecutionStatusFailed, execution.Status)
	require.Equal(t, 1, count(happened(t, *execution.ExecutionArn), "TaskStateEntered TakeBackOrder"))
	require.Equal(t, newer.OrderID, getOrder(t, o.URL, older.AccountID, "v0")["orderid"])
}

func TestAFunctionThatDiesBetweenItsWriteAndItsAnswerHasNoDoubleEffect(t *testing.T) {
	o := orchestrator(t)
	cloud := embedded(t)
	want := map[string]string{"store-order-task": "dynamodb:PutItem", "write-invoice-task": "s3:PutObject"}
	var killed atomic.Int64
	for function, action := range want {
		name := o.Functions[function].Name
		inject(t, fault.Rule{
			Action: action, Principal: "*" + name + "*", When: fault.After, Times: 1,
			Do: func(context.Context, fault.Event) error {
				if cloud.Lambda.Kill(name) > 0 {
					killed.Add(1)
				}
				return nil
			},
		})
	}
	order := latte(newAccount(), "v0", time.Now())
	execution := ended(t, start(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.EqualValues(t, 2, killed.Load())
	require.Equal(t, 2, count(happened(t, *execution.ExecutionArn), "TaskFailed Runtime.ExitError"))
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
}

func TestARefusedNotificationDoesNotUndoAnOrderAndIsVisible(t *testing.T) {
	o := orchestrator(t)
	inject(t, fault.Rule{Action: "sns:Publish", Resource: o.TopicARN, Do: always(wire.Errorf(http.StatusForbidden, "AuthorizationError", "no"))})
	order := latte(newAccount(), "v0", time.Now())
	execution := ended(t, start(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
	var output struct{ Notification struct{ Error, Cause string } }
	require.NoError(t, json.Unmarshal([]byte(*execution.Output), &output))
	require.Contains(t, output.Notification.Error, "SNS.")
	require.Equal(t, 1, count(happened(t, *execution.ExecutionArn), "PassStateEntered NotificationFailed"))
}
