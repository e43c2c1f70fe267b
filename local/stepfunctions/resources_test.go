package stepfunctions_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
)

func administrator(t testing.TB, w *world) policy.Principal {
	t.Helper()
	p, _, err := w.IAM.AssumeRole("states.amazonaws.com", role, "test", nil)
	require.NoError(t, err)
	return p
}

func TestStateMachineResource(t *testing.T) {
	w := newWorld(t)
	id, state := w.MustDeploy(t, kind, inputs(waits, map[string]any{"tags": map[string]any{"team": "coffee"}}))
	require.Regexp(t, `^arn:aws:states:us-east-1:123456789012:stateMachine:Logical-[0-9a-f]{7}$`, id)
	require.Equal(t, id, state["arn"])
	require.Equal(t, "STANDARD", state["type"])
	require.Equal(t, "ACTIVE", state["status"])
	require.Equal(t, "", state["revisionId"])
	require.Equal(t, w.Clock.Now().UTC().Format(time.RFC3339), state["creationDate"])
	require.Equal(t, map[string]any{"level": "OFF", "includeExecutionData": false}, state["loggingConfiguration"])
	require.Equal(t, map[string]any{"enabled": false}, state["tracingConfiguration"])
	require.Equal(t, map[string]any{"team": "coffee"}, state["tagsAll"])
	require.Equal(t, state, w.Read(t, kind, id))

	named := map[string]any{"name": "named"}
	id = w.machine(t, waits, named)
	_, _, err := w.Deploy(t, kind, inputs(waits, named))
	require.ErrorContains(t, err, "StateMachineAlreadyExists: State Machine Already Exists: '"+id+"'")
	require.NoError(t, w.Delete(t, kind, id))
	require.NoError(t, w.Delete(t, kind, id))
	require.Nil(t, w.Read(t, kind, id))
	require.ErrorContains(t, w.Update(t, kind, id, inputs(waits, named)), "StateMachineDoesNotExist")
}

func TestInvalidStateMachinesAreRefused(t *testing.T) {
	w := newWorld(t)
	for property, in := range map[string]map[string]any{
		"name":                                {"name": "a b"},
		"type":                                {"type": "FAST"},
		"publish":                             {"publish": true},
		"roleArn":                             {"roleArn": "machine"},
		"loggingConfiguration.level":          {"loggingConfiguration": map[string]any{"level": "SOME", "logDestination": groupARN}},
		"loggingConfiguration.logDestination": {"loggingConfiguration": map[string]any{"level": "ALL"}},
		"encryptionConfiguration":             {"encryptionConfiguration": map[string]any{"type": "AWS_OWNED_KEY"}},
		"namePrefix":                          {"namePrefix": "x"},
	} {
		failures := w.Check(t, kind, inputs(waits, in)).GetFailures()
		require.Len(t, failures, 1, property)
		require.Equal(t, property, failures[0].GetProperty())
	}
	destination := map[string]any{"level": "ALL", "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:g"}
	failures := w.Check(t, kind, inputs(waits, map[string]any{"loggingConfiguration": destination})).GetFailures()
	require.Contains(t, failures[0].GetReason(), "ends with :*")
}

func TestDeletingAStateMachineAbortsItsExecutions(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	arn := w.start(t, m, `{}`)
	w.pass(t, 2, 0)
	require.NoError(t, w.Delete(t, kind, m))
	_, err := w.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	cloudtest.Refused(t, err, "ExecutionDoesNotExist")
	_, err = w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m})
	cloudtest.Refused(t, err, "StateMachineDoesNotExist")
}

func TestTheNewest10000ClosedExecutionsAreKept(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, one(`"Type":"Succeed"`), nil)
	p := administrator(t, w)
	open := w.start(t, w.machine(t, waits, map[string]any{"name": "open"}), `{}`)
	const more = 10
	for i := range 10000 + more {
		status, body := w.service.Call(t.Context(), p, "StartExecution", "", fmt.Appendf(nil, `{"stateMachineArn":%q,"name":"n%d"}`, m, i))
		require.Equal(t, 200, status, string(body))
	}
	var names []string
	list := func() (closed int) {
		names = nil
		pages := sfn.NewListExecutionsPaginator(w.sfn, &sfn.ListExecutionsInput{StateMachineArn: &m, MaxResults: 1000})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			for _, e := range page.Executions {
				names = append(names, *e.Name)
				if e.StopDate != nil {
					closed++
				}
			}
		}
		return closed
	}
	require.Eventually(t, func() bool { return list() == 10000 && len(names) == 10000 }, 20*time.Second, 50*time.Millisecond)
	_, err := w.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &open})
	require.NoError(t, err, "a running execution is never deleted")
}

func TestClosingEndsEverything(t *testing.T) {
	before := runtime.NumGoroutine()
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	for range 50 {
		w.start(t, m, `{}`)
	}
	w.pass(t, 100, 0)
	require.NoError(t, w.service.Close())
	status, _ := w.service.Call(t.Context(), administrator(t, w), "StartExecution", "", fmt.Appendf(nil, `{"stateMachineArn":%q}`, m))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NoError(t, w.service.Close())
	require.Eventually(t, func() bool { return runtime.NumGoroutine() < before+50 }, 10*time.Second, time.Millisecond)
}

// BenchmarkExecutions runs machines of four states with a function that answers at once, from the request to the end.
func BenchmarkExecutions(b *testing.B) {
	w := newWorld(b)
	m := w.machine(b, `{"StartAt":"Kind","States":{
		"Kind":{"Type":"Choice","Choices":[{"Variable":"$.order.eventtype","StringEquals":"new_order","Next":"Store"}],"Default":"Done"},
		"Store":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"echo","Payload.$":"$.order"},"ResultSelector":{"item.$":"$.Payload"},"ResultPath":"$.stored",
			"Retry":[{"ErrorEquals":["States.ALL"]}],"Next":"Notify"},
		"Notify":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"TopicArn":"`+topicARN+`","Message.$":"$.stored"},"ResultPath":null,"Next":"Done"},
		"Done":{"Type":"Succeed"}}}`, nil)
	p := administrator(b, w)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		body := fmt.Appendf(nil, `{"stateMachineArn":%q,"name":"n%d","input":"{\"order\":{\"accountid\":\"a%d\",\"eventtype\":\"new_order\",\"unitprice\":3.5}}"}`, m, i, i)
		if status, answer := w.service.Call(b.Context(), p, "StartExecution", "", body); status != 200 {
			b.Fatal(string(answer))
		}
	}
	for w.count() < b.N {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}
