package integration_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/local/guess"
)

// startExecution places an order and returns the ARN of its execution.
func startExecution(t *testing.T, o *orchestratorOutputs, order coffeeOrder) string {
	t.Helper()
	r := call(t, http.MethodPost, o.URL+"/order", order.body())
	require.Equal(t, http.StatusAccepted, r.status, r.body)
	var accepted struct{ OrderID, ExecutionArn string }
	decode(t, r.body, &accepted)
	require.NotEmpty(t, accepted.ExecutionArn)
	require.NotEmpty(t, accepted.OrderID)
	return accepted.ExecutionArn
}

// waitForExecution waits until an execution has ended. On an embedded cloud it advances the clock past the delays of
// retries.
func waitForExecution(t *testing.T, executionARN string) *sfn.DescribeExecutionOutput {
	t.Helper()
	machines := sfnClient(t)
	var out *sfn.DescribeExecutionOutput
	require.NoError(t, wait{limit: time.Minute, between: func(polls int) error {
		if deployment.clock != nil && polls > 25 { // after half a second
			deployment.clock.Advance(500 * time.Millisecond)
		}
		return nil
	}}.until("the execution ends", func() (ended bool, err error) {
		out, err = machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &executionARN})
		require.NoError(t, err)
		return out.Status != types.ExecutionStatusRunning, nil
	}))
	return out
}

// history lists the events of an execution: their types, followed by the state's name or the error if there is one.
func history(t *testing.T, executionARN string) []string {
	t.Helper()
	var events []string
	pages := sfn.NewGetExecutionHistoryPaginator(sfnClient(t), &sfn.GetExecutionHistoryInput{ExecutionArn: &executionARN})
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

func TestExecutionStoresInvoicesAndNotifies(t *testing.T) {
	o := orchestrator(t)
	order := newOrder(newAccount(), "v0", time.Now())
	execution := waitForExecution(t, startExecution(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	var output struct {
		Notification struct{ MessageID string }
		Invoice      struct{ InvoiceID string }
	}
	require.NoError(t, json.Unmarshal([]byte(*execution.Output), &output))
	require.NotEmpty(t, output.Notification.MessageID)
	require.Equal(t, getInvoice(t, o.URL, order.AccountID, "")["invoiceid"], output.Invoice.InvoiceID)
	events := history(t, *execution.ExecutionArn)
	for _, want := range []string{"TaskStateEntered StoreOrder", "TaskStateEntered WriteInvoice", "TaskStateEntered Notify", "SucceedStateEntered OrderPlaced"} {
		require.Equal(t, 1, count(events, want), want)
	}
}

func TestExecutionRemovesCompletedOrder(t *testing.T) {
	o := orchestrator(t)
	order := newOrder(newAccount(), "v0", time.Now())
	waitForExecution(t, startExecution(t, o, order))
	execution := waitForExecution(t, startExecution(t, o, completion(order.AccountID, "v0", time.Now().Add(time.Second))))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.Equal(t, 1, count(history(t, *execution.ExecutionArn), "SucceedStateEntered OrderCompleted"))
	require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"))
}

func TestRepeatedRequestIsAnotherExecutionWithTheSameResult(t *testing.T) {
	o := orchestrator(t)
	order := newOrder(newAccount(), "v0", time.Now())
	order.OrderID = "once-" + order.AccountID
	arns := map[string]bool{}
	for range 3 {
		execution := waitForExecution(t, startExecution(t, o, order))
		require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
		require.NotContains(t, *execution.ExecutionArn, "once", "nothing of the client is in a name")
		arns[*execution.ExecutionArn] = true
	}
	require.Len(t, arns, 3)
	require.Equal(t, order.OrderID, getOrder(t, o.URL, order.AccountID, "v0")["orderid"])
	require.Len(t, invoices(t, o.BucketName, order.AccountID), 1)
	// The order can be completed under its own id.
	done := completion(order.AccountID, "v0", time.Now().Add(time.Second))
	done.OrderID = order.OrderID
	require.Equal(t, types.ExecutionStatusSucceeded, waitForExecution(t, startExecution(t, o, done)).Status)
	require.Nil(t, getOrder(t, o.URL, order.AccountID, "v0"))
}

// An execution's input has the body as the client wrote it, whatever is in it.
func TestHostileValuesReachTheFirstStateUnchanged(t *testing.T) {
	o := orchestrator(t)
	// Quotes, backslashes, what Velocity would read, and all planes of Unicode.
	city := `L'Aquila "} \" \\' \\ $context.requestId #end ${x} #set($x=1) </script> é東京🙂`
	order := newOrder(newAccount(), "v0", time.Now())
	order.City = city
	execution := waitForExecution(t, startExecution(t, o, order))
	require.Equal(t, types.ExecutionStatusSucceeded, execution.Status, aws.ToString(execution.Cause))
	require.Equal(t, city, getOrder(t, o.URL, order.AccountID, "v0")["city"])
	var input struct{ OrderID, RequestID, Body string }
	require.NoError(t, json.Unmarshal([]byte(*execution.Input), &input))
	require.Equal(t, order.body(), input.Body)
	require.Equal(t, input.RequestID, input.OrderID)

	for _, id := range []string{`"x","orderid":"y"`, `"a/b"`, `"../up"`, `"$util.x"`, `"a\"b"`, `"'"`, `{}`, `["a"]`, `7`, `true`, `null`, `""`, `"` + strings.Repeat("x", 81) + `"`} {
		body := strings.Replace(order.body(), `{"accountid"`, `{"orderid":`+id+`,"accountid"`, 1)
		// Started without the gate in front, as if API Gateway ignored the schema.
		input, err := json.Marshal(map[string]any{"orderid": "r-1", "requestid": "r-1", "accepted": now().UnixMilli(), "body": body})
		require.NoError(t, err)
		started, err := sfnClient(t).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &o.StateMachineARN, Input: aws.String(string(input))})
		require.NoError(t, err)
		require.Equal(t, "InvalidOrder", aws.ToString(waitForExecution(t, *started.ExecutionArn).Error), id)
		if r := call(t, http.MethodPost, o.URL+"/order", body); r.status == http.StatusAccepted {
			refusedByTheMachine(t, o.URL, r) // of a key that occurs twice, the gate sees the last
		} else {
			require.Equal(t, http.StatusBadRequest, r.status, id)
		}
	}
}

// refusedByTheMachine requires that an execution of the Orchestrator at url failed at once, because the order is not valid.
func refusedByTheMachine(t *testing.T, url string, r response) *sfn.DescribeExecutionOutput {
	t.Helper()
	require.NotNil(t, deployment.outputs.Orchestrator, r.body)
	require.Equal(t, deployment.outputs.Orchestrator.URL, url, "another pattern accepted an invalid order")
	var accepted struct{ ExecutionArn string }
	decode(t, r.body, &accepted)
	failed := waitForExecution(t, accepted.ExecutionArn)
	require.Equal(t, types.ExecutionStatusFailed, failed.Status)
	require.Equal(t, "InvalidOrder", aws.ToString(failed.Error))
	return failed
}

func TestInvalidOrderStartsNoExecution(t *testing.T) {
	o := orchestrator(t)
	executions := func() int {
		n := 0
		pages := sfn.NewListExecutionsPaginator(sfnClient(t), &sfn.ListExecutionsInput{StateMachineArn: &o.StateMachineARN})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			n += len(page.Executions)
		}
		return n
	}
	before := executions()
	invalid := newOrder("a0", "v0", time.Now())
	invalid.Details.Quantity = 0
	for _, body := range []string{"", "{", "[]", "{}", `{"order":{}}`, invalid.body()} {
		require.Equal(t, http.StatusBadRequest, call(t, http.MethodPost, o.URL+"/order", body, "Content-Type", "application/json").status, body)
	}
	require.Equal(t, http.StatusUnsupportedMediaType,
		call(t, http.MethodPost, o.URL+"/order", invalid.body(), "Content-Type", "text/plain").status, "a body that API Gateway does not validate is refused")
	require.Equal(t, before, executions())
}

// TestAClientKnowsTheIDOfItsOrder asserts it also where the answer cannot repeat the id, which AWS does not document.
func TestAClientKnowsTheIDOfItsOrder(t *testing.T) {
	underEachAnswer(t, func(t *testing.T) {
		o := orchestrator(t)
		client := coffeeclient.NewClient(o.URL, 1)
		for _, chosen := range []string{"", "chosen"} {
			order := coffeeclient.NewGenerator(rand.Uint64(), time.Now).Next()
			order.AccountID, order.OrderID = newAccount(), chosen
			id, err := client.Place(t.Context(), order)
			require.NoError(t, err)
			eventually(t, "the order is stored under its id", func() bool {
				item := getOrder(t, o.URL, order.AccountID, order.VendorID)
				return item != nil && item["orderid"] == id
			})
			if chosen != "" {
				require.Equal(t, chosen, id)
			}
		}
	}, guess.ResponseReadsOverride)
}
