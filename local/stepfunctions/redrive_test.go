package stepfunctions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func (w *world) redrive(t testing.TB, arn string) error {
	t.Helper()
	_, err := w.sfn.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &arn})
	return err
}

// twoTasks runs echo, and then flaky with one retry.
const twoTasks = `{"StartAt":"A","TimeoutSeconds":3600,"States":{
	"A":{"Type":"Task","Resource":"` + invokeFunction + `","Parameters":{"FunctionName":"echo","Payload.$":"$"},"ResultPath":"$.a","Next":"B"},
	"B":{"Type":"Task","Resource":"` + invokeFunction + `","Parameters":{"FunctionName":"flaky","Payload":{"in.$":"$.in","redrives.$":"$$.Execution.RedriveCount"}},
		"ResultSelector":{"ok.$":"$.Payload.ok"},"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true}}}`

func TestARedrivenExecutionContinuesAtTheFailedTaskWithItsInputAndFreshRetries(t *testing.T) {
	w := newWorld(t)
	w.functions["flaky"] = fails("E", "E", "E")
	arn := w.start(t, w.machine(t, twoTasks, nil), `{"in":7}`)
	w.pass(t, 2, time.Second)
	out := w.closed(t, arn)
	requireFailed(t, "E", "", out)
	require.Equal(t, types.ExecutionRedriveStatusRedrivable, out.RedriveStatus)
	require.EqualValues(t, 0, *out.RedriveCount)

	require.NoError(t, w.redrive(t, arn))
	w.pass(t, 2, time.Second)
	out = w.closed(t, arn)
	requireOutput(t, `{"ok":true}`, out)
	require.Nil(t, out.Error)
	require.EqualValues(t, 1, *out.RedriveCount)
	require.WithinDuration(t, w.Clock.Now(), *out.RedriveDate, 2*time.Second)
	require.Equal(t, types.ExecutionRedriveStatusNotRedrivable, out.RedriveStatus)
	require.Equal(t, "Execution is SUCCEEDED and cannot be redriven", *out.RedriveStatusReason)
	var sent []string
	for _, call := range w.calls() {
		sent = append(sent, string(call.Payload))
	}
	require.Equal(t, []string{
		`{"in":7}`, `{"in":7,"redrives":0}`, `{"in":7,"redrives":0}`, `{"in":7,"redrives":1}`, `{"in":7,"redrives":1}`,
	}, sent, "the first task does not run again")
	failed := []string{"TaskScheduled", "TaskStarted", "TaskFailed"}
	want := append([]string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "TaskStateEntered"}, failed...)
	want = append(append(append(want, failed...), "ExecutionFailed", "ExecutionRedriven"), failed...)
	want = append(want, "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded")
	require.Equal(t, want, w.history(t, arn))
	for i, e := range w.events(t, arn) {
		require.EqualValues(t, i+1, e.Id)
		if e.Type == types.HistoryEventTypeExecutionRedriven {
			require.EqualValues(t, 1, *e.ExecutionRedrivenEventDetails.RedriveCount)
		}
	}
}

func TestATimedOutExecutionIsRedrivenWithAFreshTimeout(t *testing.T) {
	w := newWorld(t)
	arn := w.start(t, w.machine(t, `{"StartAt":"W","TimeoutSeconds":60,"States":{"W":{"Type":"Wait","Seconds":50,"Next":"V"},"V":{"Type":"Wait","Seconds":50,"End":true}}}`, nil), `{}`)
	w.pass(t, 2, 50*time.Second)
	w.pass(t, 2, 10*time.Second)
	require.Equal(t, types.ExecutionStatusTimedOut, w.closed(t, arn).Status)
	require.NoError(t, w.redrive(t, arn))
	w.pass(t, 2, 50*time.Second)
	require.Equal(t, types.ExecutionStatusSucceeded, w.closed(t, arn).Status)
}

func TestAFailStateFailsAgain(t *testing.T) {
	w := newWorld(t)
	out := w.run(t, one(`"Type":"Fail","Error":"E","Cause":"c"`), `{}`)
	for range 2 {
		require.NoError(t, w.redrive(t, *out.ExecutionArn))
		requireFailed(t, "E", "c", w.closed(t, *out.ExecutionArn))
	}
	require.Equal(t, "ExecutionStarted FailStateEntered ExecutionFailed ExecutionRedriven FailStateEntered ExecutionFailed ExecutionRedriven FailStateEntered ExecutionFailed",
		strings.Join(w.history(t, *out.ExecutionArn), " "))
}

func TestWhatCannotBeRedriven(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	open := w.start(t, m, `{}`)
	require.Equal(t, "Execution is RUNNING and cannot be redriven", cloudtest.Refused(t, w.redrive(t, open), "ExecutionNotRedrivable"))
	fast := w.machine(t, waits, map[string]any{"name": "fast", "type": "EXPRESS"})
	cloudtest.Refused(t, w.redrive(t, w.start(t, fast, `{}`)), "StateMachineTypeNotSupported")
	cloudtest.Refused(t, w.redrive(t, open+"x"), "ExecutionDoesNotExist")
	failed := w.run(t, one(`"Type":"Fail"`), `{}`)
	w.Clock.Advance(14*24*time.Hour + time.Second)
	require.Equal(t, "Execution redrivable period exceeded", cloudtest.Refused(t, w.redrive(t, *failed.ExecutionArn), "ExecutionNotRedrivable"))
	require.Equal(t, "Execution redrivable period exceeded", *w.closed(t, *failed.ExecutionArn).RedriveStatusReason)
}

func TestATaskSendsAMessageToAQueue(t *testing.T) {
	w := newWorld(t)
	const queueARN, url = "arn:aws:sqs:us-east-1:123456789012:failures", "http://127.0.0.1/123456789012/failures"
	sending := func(name, parameters string) *sfn.DescribeExecutionOutput {
		role := w.role(t, name, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"`+queueARN+`"}]}`)
		m := w.machine(t, one(`"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true,"Parameters":{`+parameters+`}`),
			map[string]any{"name": name, "roleArn": role})
		return w.closed(t, w.start(t, m, `{"a":[1.50,"é"]}`))
	}
	requireOutput(t, `{"MessageId":"message-2"}`, sending("object", `"QueueUrl":"`+url+`","MessageBody":{"input.$":"$$.Execution.Input"}`))
	requireOutput(t, `{"MessageId":"message-2"}`, sending("text", `"QueueUrl":"`+url+`","MessageBody":"text"`))
	require.Equal(t, `{"input":{"a":[1.50,"é"]}}`, w.sentTo[queueARN][0].Body)
	require.Equal(t, "text", w.sentTo[queueARN][1].Body)
	requireFailed(t, "SQS.AccessDeniedException", "sqs:SendMessage", sending("denied", `"QueueUrl":"`+url+`2","MessageBody":"text"`))
	requireFailed(t, "States.Runtime", "The value for the field 'QueueUrl' must be a string", sending("number", `"QueueUrl":1,"MessageBody":"text"`))
}
