package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (o *orchestratorOutputs) weaknesses() weaknesses {
	invocation := func(function string) weakness {
		return weakness{action: "lambda:InvokeFunction", resource: "*:" + o.Functions[function].Name, throttle: fail(lambda.Throttled()), often: 0.05, outage: long}
	}
	throttledStart := wire.Errorf(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	return weaknesses{
		functions: o.Functions, failures: []string{o.FailureQueueURL},
		calls: []weakness{
			{action: "states:StartExecution", resource: o.StateMachineARN, throttle: fail(throttledStart), often: 0.02, outage: short},
			{action: "dynamodb:PutItem", function: "store-order-task", throttle: fail(localdb.Throttled()), often: 0.02, outage: long},
			{action: "s3:PutObject", function: "write-invoice-task", throttle: fail(s3.Throttled()), often: 0.02, outage: long},
			{action: "sns:Publish", resource: o.TopicARN, throttle: sns.Throttled, often: 0.02, outage: short},
			{action: "sqs:SendMessage", resource: queueARN(o.FailureQueueURL), throttle: sqs.Throttled, often: 0.3, outage: long},
			invocation("store-order-task"), invocation("write-invoice-task"),
		},
	}
}

// TestRandomFaultsLoseNoOrderOfTheOrchestrator asserts that every accepted order is stored and invoiced once, and that the
// executions of the poison orders fail and are in the failure queue, and no others.
func TestRandomFaultsLoseNoOrderOfTheOrchestrator(t *testing.T) {
	o := orchestrator(t)
	forEachSeed(t, func(t *testing.T, seed uint64) {
		run := newCoffeeRun(seed, size{name: "small", accounts: 24, length: 12, parallel: 12, poison: 3}, o.URL, o.TableName, o.BucketName, true)
		from := now().Truncate(time.Millisecond) // the resolution of StartDate
		trouble := startTrouble(t, seed, o.weaknesses())
		defer trouble.end()
		var mu sync.Mutex
		var poisoned []string
		run.place(t, func(account string) {
			mu.Lock()
			defer mu.Unlock()
			// The gate accepts a key that occurs twice; the machine's first state does not.
			order := newOrder(account, fmt.Sprintf("poison-%d", len(poisoned)), time.Now())
			body := strings.Replace(order.body(), `"accountid":`, `"accountid":"twice","accountid":`, 1)
			// It may have started although the answer is an error.
			eventually(t, "the poison order is accepted", func() bool {
				r, err := send(http.MethodPost, o.URL+"/order", body)
				return err == nil && r.status == http.StatusAccepted
			})
			poisoned = append(poisoned, body)
		}, func() {})
		trouble.outlast()
		o.weaknesses().waitUntilDone(t, longestDelay, func() bool {
			return len(o.executions(t, types.ExecutionStatusRunning, from)) == 0
		})
		run.requireResult(t)
		var bodies, executions []string
		for _, text := range receiveAll(t, o.FailureQueueURL) {
			var f failure
			require.NoError(t, json.Unmarshal([]byte(text), &f), text)
			require.Equal(t, "InvalidOrder", f.Error, text)
			bodies, executions = append(bodies, f.Input.Body), append(executions, f.Execution[strings.LastIndex(f.Execution, ":")+1:])
		}
		// A message may be there twice: delivery is at least once.
		for _, list := range [][]string{bodies, executions} {
			slices.Sort(list)
		}
		require.ElementsMatch(t, poisoned, slices.Compact(bodies))
		require.ElementsMatch(t, slices.Compact(executions), o.executions(t, types.ExecutionStatusFailed, from))
		require.Empty(t, o.executions(t, types.ExecutionStatusTimedOut, from))
		require.Empty(t, o.executions(t, types.ExecutionStatusAborted, from))
	})
}

// executions returns the names of the executions that have a status and began after a time.
func (o *orchestratorOutputs) executions(t *testing.T, status types.ExecutionStatus, from time.Time) (names []string) {
	t.Helper()
	pages := sfn.NewListExecutionsPaginator(sfnClient(t), &sfn.ListExecutionsInput{
		StateMachineArn: &o.StateMachineARN, StatusFilter: status, MaxResults: 1000,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, e := range page.Executions { // the latest first
			if e.StartDate.Before(from) {
				return names
			}
			names = append(names, aws.ToString(e.Name))
		}
	}
	return names
}
