package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/wire"
)

// invalidArgument is an error about the request itself. Everything else is retried for more than a day.
var invalidArgument = wire.Errorf(http.StatusBadRequest, "InvalidArgument", "Invalid Argument")

// invoicesOf returns a pattern that matches the ARNs of an account's invoices.
func invoicesOf(o *orchestratorOutputs, account string) string {
	return fmt.Sprintf("arn:aws:s3:::%s/invoices/%s/*", o.BucketName, account)
}

func TestThrottledFunctionIsRetried(t *testing.T) {
	o := orchestrator(t)
	inject(t, fault.Rule{
		Action: "lambda:InvokeFunction", Resource: "*" + o.Functions["store-order-task"].Name + "*", Times: 2, Do: fail(lambda.Throttled()),
	})
	order := newOrder(newAccount(), "v0", time.Now())
	execution := waitForExecution(t, startExecution(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	events := history(t, *execution.ExecutionArn)
	require.Equal(t, 2, count(events, "TaskFailed Lambda.TooManyRequestsException"), events)
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
}

func TestOrderIsTakenBackIfItsInvoiceIsRefused(t *testing.T) {
	o := orchestrator(t)
	order := newOrder(newAccount(), "v0", time.Now())
	inject(t, fault.Rule{Action: "s3:PutObject", Resource: invoicesOf(o, order.AccountID), Do: fail(invalidArgument)})
	var published atomic.Int64
	inject(t, fault.Rule{Action: "sns:Publish", Resource: o.TopicARN, Do: func(context.Context, fault.Event) error {
		published.Add(1)
		return nil
	}})
	execution := waitForExecution(t, startExecution(t, o, order))
	require.Equal(t, types.ExecutionStatusFailed, execution.Status)
	require.Equal(t, "InvoiceRefused", aws.ToString(execution.Error))
	require.Contains(t, aws.ToString(execution.Cause), "InvalidArgument")
	require.Contains(t, aws.ToString(execution.Cause), o.BucketName)
	events := history(t, *execution.ExecutionArn)
	require.Equal(t, 1, count(events, "TaskFailed InvoiceRefused"), "a refused call is not retried: %v", events)
	require.Equal(t, 1, count(events, "TaskStateEntered TakeBackOrder"))
	require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Empty(t, invoices(t, o.BucketName, order.AccountID))
	require.Zero(t, published.Load(), "no notification is published")
}

func TestTakingBackAnOrderKeepsANewerOne(t *testing.T) {
	o := orchestrator(t)
	older := newOrder(newAccount(), "v0", time.Now())
	older.OrderID = "older-" + older.AccountID
	newer := newOrder(older.AccountID, "v0", time.Now().Add(time.Minute))
	newer.OrderID = "newer-" + older.AccountID
	// The newer order is placed and stored before the older order's invoice is refused.
	inject(t, fault.Rule{
		Action: "s3:PutObject", Resource: fmt.Sprintf("arn:aws:s3:::%s/invoices/%s/*/%s/*", o.BucketName, older.AccountID, older.OrderID),
		Do: func(context.Context, fault.Event) error {
			if r, err := send(http.MethodPost, o.URL+"/order", newer.body()); err != nil || r.status != http.StatusAccepted {
				return fmt.Errorf("placing the newer order: %v %s", err, r.body)
			}
			for item := map[string]any(nil); item["orderid"] != newer.OrderID; time.Sleep(5 * time.Millisecond) {
				item = getOrder(t, o.URL, newer.AccountID, "v0")
			}
			return invalidArgument
		},
	})
	execution := waitForExecution(t, startExecution(t, o, older))
	require.Equal(t, types.ExecutionStatusFailed, execution.Status)
	require.Equal(t, 1, count(history(t, *execution.ExecutionArn), "TaskStateEntered TakeBackOrder"))
	require.Equal(t, newer.OrderID, getOrder(t, o.URL, older.AccountID, "v0")["orderid"])
	// The newer order's execution ends before the next test makes functions fail.
	eventually(t, "the newer order is invoiced", func() bool { return len(invoices(t, o.BucketName, older.AccountID)) == 1 })
}

func TestFunctionKilledBetweenWriteAndResponseHasItsEffectOnce(t *testing.T) {
	o := orchestrator(t)
	cloud := embedded(t)
	var killed atomic.Int64
	for function, action := range map[string]string{"store-order-task": "dynamodb:PutItem", "write-invoice-task": "s3:PutObject"} {
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
	order := newOrder(newAccount(), "v0", time.Now())
	execution := waitForExecution(t, startExecution(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.EqualValues(t, 2, killed.Load())
	require.Equal(t, 2, count(history(t, *execution.ExecutionArn), "TaskFailed Runtime.ExitError"))
	require.NotNil(t, getOrder(t, o.URL, order.AccountID, "v0"))
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
}
