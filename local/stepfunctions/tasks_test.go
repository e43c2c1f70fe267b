package stepfunctions_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/lambda"
)

// These tests run the machine of tasks that package components writes: resize, moderate and index, of which the first and the last
// can be undone. NotAPicture is a permanent error of resize, and Refused of moderate.

const failureQueue = "arn:aws:sqs:us-east-1:123456789012:failures"

// taskWorld is a world with this machine, which retries each task twice and at once. Its functions answer their names.
func taskWorld(t *testing.T) (w *world, machineARN string) {
	t.Helper()
	w = newWorld(t)
	w.random = 0
	for _, name := range []string{"resize", "moderate", "index", "undo-resize", "undo-index"} {
		w.functions[name] = answer(`{"by":"` + name + `"}`)
	}
	return w, w.machine(t, taskDefinition(t), nil)
}

func taskDefinition(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../components/testdata/machine-tasks.json")
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), `"MaxAttempts": 270`, `"MaxAttempts": 2`)
}

func answer(payload string) func(context.Context, lambda.Invocation) (lambda.Result, error) {
	return func(context.Context, lambda.Invocation) (lambda.Result, error) {
		return lambda.Result{Payload: []byte(payload)}, nil
	}
}

// hangs is a function that runs until it is abandoned.
func hangs(ctx context.Context, _ lambda.Invocation) (lambda.Result, error) {
	<-ctx.Done()
	return lambda.Result{}, ctx.Err()
}

// ran are the names of the functions that were invoked, in order.
func (w *world) ran() (names []string) {
	for _, c := range w.calls() {
		names = append(names, c.Function[strings.LastIndex(c.Function, ":")+1:])
	}
	return names
}

// moved is the only message of the failure queue.
func (w *world) moved(t *testing.T) (m struct {
	Input, Compensations          json.RawMessage
	Error, Cause, Execution, Time string
}) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Len(t, w.sentTo[failureQueue], 1)
	require.NoError(t, json.Unmarshal([]byte(w.sentTo[failureQueue][0].Body), &m))
	require.NotEmpty(t, m.Time)
	return m
}

func TestTasksRunInOrderAndTheirResultsArePublished(t *testing.T) {
	w, machine := taskWorld(t)
	arn := w.start(t, machine, `{"id":"p1"}`)
	out := w.closed(t, arn)
	name := aws.ToString(out.Name)
	requireOutput(t, `{"execution":"`+name+`","input":{"id":"p1"},"notification":{"messageid":"message-1"},
		"results":{"resize":{"by":"resize"},"moderate":{"by":"moderate"},"index":{"by":"index"}}}`, out)
	require.Equal(t, []string{"resize", "moderate", "index"}, w.ran())
	require.JSONEq(t, `{"input":{"id":"p1"},"execution":"`+name+`","attempt":0,"results":{"resize":null,"moderate":null,"index":null}}`, string(w.calls()[0].Payload))
	require.JSONEq(t, `{"input":{"id":"p1"},"execution":"`+name+`","attempt":0,
		"results":{"resize":{"by":"resize"},"moderate":{"by":"moderate"},"index":null}}`, string(w.calls()[2].Payload))
	require.Len(t, w.published, 1)
	require.Equal(t, "arn:aws:sns:us-east-1:123456789012:pictures", w.published[0].TopicARN)
	require.JSONEq(t, `{"execution":"`+name+`","input":{"id":"p1"},
		"results":{"resize":{"by":"resize"},"moderate":{"by":"moderate"},"index":{"by":"index"}}}`, w.published[0].Message)
	require.Empty(t, w.sentTo)
}

func TestAnInputAndResultsOfTasksMayBeAnyJSON(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["resize"], w.functions["moderate"], w.functions["index"] = answer(`null`), answer(`[1,"a"]`), answer(`"text"`)
	require.Equal(t, types.ExecutionStatusSucceeded, w.closed(t, w.start(t, machine, `"p1"`)).Status)
	require.Contains(t, string(w.calls()[2].Payload), `"input":"p1"`)
	require.Contains(t, string(w.calls()[2].Payload), `"results":{"index":null,"moderate":[1,"a"],"resize":null}`)
}

func TestATaskIsRetriedAndKnowsTheAttempt(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["moderate"] = fails("Busy", "Runtime.ExitError")
	require.Equal(t, types.ExecutionStatusSucceeded, w.closed(t, w.start(t, machine, `{}`)).Status)
	require.Equal(t, []string{"resize", "moderate", "moderate", "moderate", "index"}, w.ran())
	require.Contains(t, string(w.calls()[3].Payload), `"attempt":2`)
}

func TestWhatWasDoneIsUndoneInReverseOrderWhenATaskFailsForGood(t *testing.T) {
	for _, c := range []struct {
		name, function string
		errors         []string
		fails          string
		ran            []string
		compensations  string
	}{
		{"a permanent error is not retried, and says that nothing was done", "resize", []string{"NotAPicture"}, "NotAPicture", []string{"resize"}, `{"resize":null,"index":null}`},
		{"after any other error it is unknown what was done", "resize", []string{"E", "E", "E"}, "E",
			[]string{"resize", "resize", "resize", "undo-resize"}, `{"resize":{"done":true},"index":null}`},
		{"a task that cannot be undone", "moderate", []string{"Refused"}, "Refused", []string{"resize", "moderate", "undo-resize"}, `{"resize":{"done":true},"index":null}`},
		{"all of them", "index", []string{"E", "E", "E"}, "E",
			[]string{"resize", "moderate", "index", "index", "index", "undo-index", "undo-resize"}, `{"resize":{"done":true},"index":{"done":true}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, machine := taskWorld(t)
			w.functions[c.function] = fails(c.errors...)
			arn := w.start(t, machine, `{"id":"p1"}`)
			requireFailed(t, c.fails, `"errorMessage":"no"`, w.closed(t, arn))
			require.Equal(t, c.ran, w.ran())
			m := w.moved(t)
			require.JSONEq(t, `{"id":"p1"}`, string(m.Input))
			require.JSONEq(t, c.compensations, string(m.Compensations))
			require.Equal(t, c.fails, m.Error)
			require.Contains(t, m.Cause, `"errorMessage":"no"`)
			require.Equal(t, arn, m.Execution)
			require.Zero(t, w.count(), "nothing is published")
		})
	}
}

func TestACompensationGetsTheResultsAndWhyItRuns(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["moderate"] = fails("Refused")
	out := w.closed(t, w.start(t, machine, `{"id":"p1"}`))
	require.JSONEq(t, `{"input":{"id":"p1"},"execution":"`+aws.ToString(out.Name)+`","attempt":0,
		"results":{"resize":{"by":"resize"},"moderate":null,"index":null},
		"failure":{"Error":"Refused","Cause":"{\"errorMessage\":\"no\",\"errorType\":\"Refused\"}"}}`, string(w.calls()[2].Payload))
}

func TestTheOtherCompensationsRunWhenOneFailsForGood(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["index"], w.functions["undo-index"] = fails("E", "E", "E"), fails("U", "U", "U")
	requireFailed(t, "E", "", w.closed(t, w.start(t, machine, `{}`)))
	require.Equal(t, []string{"resize", "moderate", "index", "index", "index", "undo-index", "undo-index", "undo-index", "undo-resize"}, w.ran())
	require.JSONEq(t, `{"resize":{"done":true},"index":{"Error":"U","Cause":"{\"errorMessage\":\"no\",\"errorType\":\"U\"}"}}`, string(w.moved(t).Compensations))
}

func TestATaskThatTimesOutForGoodIsUndone(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["index"] = hangs
	arn := w.start(t, machine, `{}`)
	for attempt := range 3 {
		require.Eventually(t, func() bool { return len(w.ran()) == 3+attempt }, 10*time.Second, time.Millisecond)
		w.pass(t, 2, 15*time.Second) // the timer of the execution, and that of the task
	}
	requireFailed(t, "States.Timeout", "", w.closed(t, arn))
	require.Equal(t, []string{"resize", "moderate", "index", "index", "index", "undo-index", "undo-resize"}, w.ran())
}

func TestATaskWhoseAnswerIsTooLargeIsUndone(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["index"] = answer(`"` + strings.Repeat("x", 300<<10) + `"`)
	requireFailed(t, "States.DataLimitExceeded", "", w.closed(t, w.start(t, machine, `{}`)))
	require.Equal(t, []string{"resize", "moderate", "index", "undo-index", "undo-resize"}, w.ran())
	require.Equal(t, "States.DataLimitExceeded", w.moved(t).Error)
}

func TestAnExecutionSucceedsThoughItsOutputCannotBePublished(t *testing.T) {
	w, _ := taskWorld(t)
	role := w.role(t, "silent", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:*","sqs:*"],"Resource":"*"}]}`)
	machine := w.machine(t, taskDefinition(t), map[string]any{"name": "silent", "roleArn": role})
	out := w.closed(t, w.start(t, machine, `{}`))
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
	require.Contains(t, *out.Output, `"notification":{"Cause":`)
	require.Contains(t, *out.Output, `"results":{"index":{"by":"index"}`)
	require.Equal(t, []string{"resize", "moderate", "index"}, w.ran(), "nothing is undone")
}

// Its functions see the same input again, in another execution.
func TestWhatIsInTheFailureQueueCanBeStartedAgain(t *testing.T) {
	w, machine := taskWorld(t)
	w.functions["moderate"] = fails("Refused")
	first := w.closed(t, w.start(t, machine, `{"id":"p1"}`))
	w.functions["moderate"] = answer(`true`)
	second := w.closed(t, w.start(t, machine, string(w.moved(t).Input)))
	require.Equal(t, types.ExecutionStatusSucceeded, second.Status)
	require.NotEqual(t, aws.ToString(first.Name), aws.ToString(second.Name))
	require.Equal(t, []string{"resize", "moderate", "undo-resize", "resize", "moderate", "index"}, w.ran())
}

// AWS starts an Express execution at least once. The functions can tell: the name of the execution is the same.
func TestAnExpressExecutionMayRunTwiceForTheSameRequest(t *testing.T) {
	w, _ := taskWorld(t)
	text, err := os.ReadFile("../../components/testdata/machine-tasks-express.json")
	require.NoError(t, err)
	machine := w.machine(t, string(text), map[string]any{"name": "express", "type": "EXPRESS"})
	for range 2 {
		_, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: aws.String("same"), Input: aws.String(`{}`)})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return w.count() == 2 }, 10*time.Second, time.Millisecond)
	require.JSONEq(t, w.published[0].Message, w.published[1].Message)
	require.Len(t, w.ran(), 6)
	for _, c := range w.calls() {
		require.Contains(t, string(c.Payload), `"execution":"same"`)
	}
}
