package stepfunctions_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/wire"
)

func flaky(fields string) string {
	return `{"StartAt":"S","States":{"S":{"ResultSelector":{"ok.$":"$.Payload.ok"},` + invoking("flaky", fields) + `},
		"Caught":{"Type":"Pass","End":true},"Other":{"Type":"Pass","Result":"other","End":true}}}`
}

// reachable makes the states of flaky reachable without changing what a test sees.
const reachable = `{"ErrorEquals":["Never"],"Next":"Caught"},{"ErrorEquals":["Never2"],"Next":"Other"}`

func TestRetries(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, retry string
		random      float64
		errors      []string
		delays      []time.Duration
		fails       string // the error with which it ends; empty for success
	}{
		{"by default three times, the interval doubling from a second", `{"ErrorEquals":["E"]}`, 0, []string{"E", "E", "E", "E"}, []time.Duration{1e9, 2e9, 4e9}, "E"},
		{"as configured", `{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":1.5}`, 0, []string{"E", "E"}, []time.Duration{2e9, 3e9}, ""},
		{"up to a longest delay", `{"ErrorEquals":["E"],"IntervalSeconds":3,"BackoffRate":3,"MaxDelaySeconds":10}`, 0, []string{"E", "E", "E"}, []time.Duration{3e9, 9e9, 10e9}, ""},
		{"with full jitter", `{"ErrorEquals":["E"],"IntervalSeconds":4,"JitterStrategy":"FULL"}`, 0.25, []string{"E", "E"}, []time.Duration{1e9, 2e9}, ""},
		{"never", `{"ErrorEquals":["E"],"MaxAttempts":0}`, 0, []string{"E"}, nil, "E"},
		{"not for other errors", `{"ErrorEquals":["F"]}`, 0, []string{"E"}, nil, "E"},
		{"each retrier counts by itself", `{"ErrorEquals":["E"],"MaxAttempts":1},{"ErrorEquals":["F"],"MaxAttempts":1}`, 0, []string{"E", "F", "E"}, []time.Duration{1e9, 1e9}, "E"},
		{"the first that matches decides", `{"ErrorEquals":["E"],"MaxAttempts":0},{"ErrorEquals":["States.ALL"]}`, 0, []string{"E"}, nil, "E"},
		{"States.ALL is any error", `{"ErrorEquals":["States.ALL"],"MaxAttempts":1}`, 0, []string{"X"}, []time.Duration{1e9}, ""},
		{"States.TaskFailed is any error of a task", `{"ErrorEquals":["F","States.TaskFailed"],"MaxAttempts":1}`, 0, []string{"X"}, []time.Duration{1e9}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.random = c.random
			w.functions["flaky"] = fails(c.errors...)
			before := len(w.calls())
			m := w.machine(t, flaky(`,"Retry":[`+c.retry+`],"Catch":[`+reachable+`]`), map[string]any{"name": "retry" + string(rune('a'+w.next()))})
			arn := w.start(t, m, `{}`)
			for i, d := range c.delays {
				w.pass(t, 2, d-time.Millisecond)
				require.Len(t, w.calls(), before+i+1, "the retry comes too early")
				w.pass(t, 2, time.Millisecond)
			}
			out := w.closed(t, arn)
			if c.fails == "" {
				requireOutput(t, `{"ok":true}`, out)
			} else {
				requireFailed(t, c.fails, `{"errorMessage":"no","errorType":"E"}`, out)
			}
			require.Len(t, w.calls(), before+len(c.delays)+1)
		})
	}
}

func TestRetryCountInTheContext(t *testing.T) {
	w := newWorld(t)
	w.functions["flaky"] = fails("E", "E")
	arn := w.start(t, w.machine(t, flaky(`,"Parameters":{"FunctionName":"flaky","Payload":{"n.$":"$$.State.RetryCount"}},"Retry":[{"ErrorEquals":["E"]}],"Catch":[`+reachable+`]`), nil), `{}`)
	w.pass(t, 2, time.Second)
	w.pass(t, 2, 2*time.Second)
	w.closed(t, arn)
	var payloads []string
	for _, c := range w.calls() {
		payloads = append(payloads, string(c.Payload))
	}
	require.Equal(t, []string{`{"n":0}`, `{"n":1}`, `{"n":2}`}, payloads)
}

func TestCatchers(t *testing.T) {
	w := newWorld(t)
	const cause = `{\"errorMessage\":\"no\",\"errorType\":\"E\"}`
	for _, c := range []struct{ name, catch, want string }{
		{"all of the input is replaced by default", `{"ErrorEquals":["E"],"Next":"Caught"},{"ErrorEquals":["F"],"Next":"Other"}`, `{"Error":"E","Cause":"` + cause + `"}`},
		{"ResultPath keeps the input", `{"ErrorEquals":["F"],"Next":"Other"},{"ErrorEquals":["States.ALL"],"Next":"Caught","ResultPath":"$.error"}`, `{"in":1,"error":{"Error":"E","Cause":"` + cause + `"}}`},
		{"ResultPath null drops the error", `{"ErrorEquals":["F"],"Next":"Other"},{"ErrorEquals":["States.TaskFailed"],"Next":"Caught","ResultPath":null}`, `{"in":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.functions["flaky"] = fails("E")
			requireOutput(t, c.want, w.run(t, flaky(`,"Catch":[`+c.catch+`]`), `{"in":1}`))
		})
	}
}

func TestATaskTimesOut(t *testing.T) {
	w := newWorld(t)
	w.functions["flaky"] = func(ctx context.Context, _ lambda.Invocation) (lambda.Result, error) {
		<-ctx.Done()
		return lambda.Result{}, ctx.Err()
	}
	run := func(t *testing.T, name, fields, input string) string {
		arn := w.start(t, w.machine(t, flaky(fields), map[string]any{"name": name}), input)
		w.pass(t, 2, 5*time.Second)
		return arn
	}
	t.Run("and fails", func(t *testing.T) {
		arn := run(t, "fails", `,"TimeoutSeconds":5,"Catch":[`+reachable+`]`, `{}`)
		requireFailed(t, "States.Timeout", "", w.closed(t, arn))
		require.Equal(t, []string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskTimedOut", "ExecutionFailed"}, w.history(t, arn))
	})
	t.Run("States.Timeout catches it, States.TaskFailed does not", func(t *testing.T) {
		arn := run(t, "catches", `,"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"Other"},{"ErrorEquals":["States.Timeout"],"Next":"Caught"}]`, `{}`)
		requireOutput(t, `{"Error":"States.Timeout","Cause":""}`, w.closed(t, arn))
	})
}

func TestErrorNamesOfLambda(t *testing.T) {
	w := newWorld(t)
	answer := func(payload string) func(context.Context, lambda.Invocation) (lambda.Result, error) {
		return func(context.Context, lambda.Invocation) (lambda.Result, error) {
			return lambda.Result{Payload: []byte(payload), FunctionError: lambda.Unhandled}, nil
		}
	}
	refuse := func(err error) func(context.Context, lambda.Invocation) (lambda.Result, error) {
		return func(context.Context, lambda.Invocation) (lambda.Result, error) { return lambda.Result{}, err }
	}
	for _, c := range []struct {
		do          func(context.Context, lambda.Invocation) (lambda.Result, error)
		name, cause string
	}{
		{answer(`{"errorMessage":"m","errorType":"InvoiceRefused"}`), "InvoiceRefused", `{"errorMessage":"m","errorType":"InvoiceRefused"}`},
		{answer(`{"errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds","errorType":"Sandbox.Timedout"}`), "Sandbox.Timedout", "Task timed out"},
		{answer(`{"errorMessage":"m"}`), "Lambda.Unknown", `The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"m"}`},
		{refuse(lambda.Throttled()), "Lambda.TooManyRequestsException", "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException)"},
		{refuse(wire.Errorf(http.StatusInternalServerError, "ServiceException", "oh")), "Lambda.ServiceException", "oh (Service: AWSLambda; Status Code: 500; Error Code: ServiceException)"},
		{nil, "Lambda.ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:flaky (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.functions["flaky"] = c.do
			requireFailed(t, c.name, c.cause, w.run(t, flaky(`,"Catch":[`+reachable+`]`), `{}`))
			out := w.run(t, one(`"Type":"Task","Resource":"`+invokeFunction+`","Parameters":{"FunctionName":"flaky"},"End":true`), `{}`)
			requireFailed(t, c.name, c.cause, out)
			events := w.events(t, *out.ExecutionArn)
			require.Equal(t, types.HistoryEventTypeTaskFailed, events[4].Type)
			require.Equal(t, c.name, *events[4].TaskFailedEventDetails.Error)
		})
	}
}
