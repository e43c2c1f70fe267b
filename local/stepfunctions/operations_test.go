package stepfunctions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

const waits = `{"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":60,"End":true}}}`

func TestStartingTheSameExecutionAgain(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	start := func(input string) (*sfn.StartExecutionOutput, error) {
		return w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m, Name: aws.String("order-1"), Input: &input})
	}
	first, err := start(`{"a":1}`)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:states:us-east-1:123456789012:execution:"+m[strings.LastIndex(m, ":")+1:]+":order-1", *first.ExecutionArn)
	require.WithinDuration(t, w.Clock.Now(), *first.StartDate, time.Millisecond)

	w.pass(t, 2, 10*time.Second)
	again, err := start(`{"a":1}`)
	require.NoError(t, err, "while it runs, a repeated start with the same input returns it")
	require.Equal(t, first.StartDate, again.StartDate)
	require.Equal(t, first.ExecutionArn, again.ExecutionArn)
	_, err = start(`{"a":2}`)
	require.Equal(t, "Execution Already Exists: '"+*first.ExecutionArn+"'", cloudtest.Refused(t, err, "ExecutionAlreadyExists"))

	w.pass(t, 2, 50*time.Second)
	w.closed(t, *first.ExecutionArn)
	_, err = start(`{"a":1}`)
	cloudtest.Refused(t, err, "ExecutionAlreadyExists")
	require.Equal(t, []string{"ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"}, w.history(t, *first.ExecutionArn))
}

func TestStartingIsRefused(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	for _, c := range []struct {
		arn, name, input, code, message string
	}{
		{m + "x", "n", "{}", "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + m + "x'"},
		{"arn:aws:states:us-east-1:123456789012:activity:a", "n", "{}", "InvalidArn", "Invalid Arn: "},
		{m, "a b", "{}", "InvalidName", "Invalid Name: 'a b'"},
		{m, "a/b", "{}", "InvalidName", "Invalid Name: 'a/b'"},
		{m, strings.Repeat("n", 81), "{}", "InvalidName", "Invalid Name"},
		{m, "n", "{", "InvalidExecutionInput", "Invalid State Machine Execution Input: '"},
		{m, "n", "", "InvalidExecutionInput", "Invalid State Machine Execution Input: '"},
		{m, "n", "{} x", "InvalidExecutionInput", "Invalid State Machine Execution Input: '"},
		{m, "n", `"` + strings.Repeat("x", 262143) + `"`, "ValidationException", "input must have at most 262144 bytes"},
	} {
		_, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &c.arn, Name: &c.name, Input: &c.input})
		require.Contains(t, cloudtest.Refused(t, err, c.code), c.message)
	}
	arn := *w.run(t, one(`"Type":"Pass","End":true`), `"`+strings.Repeat("x", 262142)+`"`).ExecutionArn
	require.Len(t, w.history(t, arn), 4, "256 KiB are taken")
}

func TestDefaultNameAndInputOfAnExecution(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, one(`"Type":"Pass","End":true`), nil)
	out, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m})
	require.NoError(t, err)
	d := w.closed(t, *out.ExecutionArn)
	require.Regexp(t, `^[0-9a-f]{8}-`, *d.Name)
	require.Equal(t, "{}", *d.Input)
	require.Equal(t, "{}", *d.Output)
	require.Equal(t, m, *d.StateMachineArn)
	require.NotNil(t, d.StopDate)
}

func TestListingExecutions(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.wait","BooleanEquals":true,"Next":"W"}],"Default":"F"},
		"W":{"Type":"Wait","Seconds":60,"End":true},"F":{"Type":"Fail"}}}`, nil)
	other := w.machine(t, waits, map[string]any{"name": "other"})
	w.start(t, other, `{}`)
	var arns []string
	for i := range 5 {
		arn := w.start(t, m, fmt.Sprintf(`{"wait":%v}`, i%2 == 0))
		if i%2 == 1 {
			w.closed(t, arn)
		}
		arns = append([]string{arn}, arns...)
	}
	list := func(status types.ExecutionStatus) (found []string) {
		p := sfn.NewListExecutionsPaginator(w.sfn, &sfn.ListExecutionsInput{StateMachineArn: &m, StatusFilter: status, MaxResults: 2})
		for p.HasMorePages() {
			page, err := p.NextPage(t.Context())
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Executions), 2)
			for _, e := range page.Executions {
				found = append(found, *e.ExecutionArn)
			}
		}
		return found
	}
	require.Equal(t, arns, list(""), "the newest come first")
	require.Equal(t, []string{arns[0], arns[2], arns[4]}, list(types.ExecutionStatusRunning))
	require.Equal(t, []string{arns[1], arns[3]}, list(types.ExecutionStatusFailed))
	require.Empty(t, list(types.ExecutionStatusSucceeded))

	_, err := w.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &m, NextToken: aws.String("nope")})
	cloudtest.Refused(t, err, "InvalidToken")
	_, err = w.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &m, MaxResults: 1001})
	cloudtest.Refused(t, err, "ValidationException")
	_, err = w.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &m, StatusFilter: "DONE"})
	cloudtest.Refused(t, err, "ValidationException")
	_, err = w.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: aws.String(m + "x")})
	cloudtest.Refused(t, err, "StateMachineDoesNotExist")
}

func TestDescribingStateMachines(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, map[string]any{"name": "described"})
	w.machine(t, waits, map[string]any{"name": "second", "type": "EXPRESS"})
	d, err := w.sfn.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &m})
	require.NoError(t, err)
	require.Equal(t, waits, *d.Definition)
	require.Equal(t, role, *d.RoleArn)
	require.Equal(t, types.LogLevelOff, d.LoggingConfiguration.Level)
	require.False(t, d.TracingConfiguration.Enabled)
	require.Equal(t, types.StateMachineStatusActive, d.Status)

	execution := w.start(t, m, `{}`)
	changed := strings.Replace(waits, "60", "61", 1)
	require.NoError(t, w.Update(t, kind, m, inputs(changed, map[string]any{"name": "described"})))
	d, err = w.sfn.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &m})
	require.NoError(t, err)
	require.Equal(t, changed, *d.Definition)
	require.NotEmpty(t, *d.RevisionId)
	w.pass(t, 2, time.Minute) // the new definition waits for 61 seconds
	requireOutput(t, `{}`, w.closed(t, execution))

	var names []string
	list, err := w.sfn.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	require.NoError(t, err)
	for _, m := range list.StateMachines {
		names = append(names, *m.Name+" "+string(m.Type))
	}
	require.Equal(t, []string{"described STANDARD", "second EXPRESS"}, names)
	_, err = w.sfn.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(m + "x")})
	cloudtest.Refused(t, err, "StateMachineDoesNotExist")
}

func TestExpressExecutionsHaveNoHistory(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, task(``), map[string]any{"type": "EXPRESS"})
	var arns []string
	for range 2 { // with the same name
		out, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m, Name: aws.String("n")})
		require.NoError(t, err)
		arns = append(arns, *out.ExecutionArn)
	}
	require.NotEqual(t, arns[0], arns[1])
	require.Contains(t, arns[0], ":express:")
	require.Eventually(t, func() bool { return len(w.calls()) == 2 }, 10*time.Second, time.Millisecond)
	_, err := w.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arns[0]})
	cloudtest.Refused(t, err, "StateMachineTypeNotSupported")
	_, err = w.sfn.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arns[0]})
	cloudtest.Refused(t, err, "StateMachineTypeNotSupported")
	_, err = w.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &m})
	cloudtest.Refused(t, err, "StateMachineTypeNotSupported")
}

func TestActionsCanBeCalledByAnotherService(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	p, _, err := w.IAM.AssumeRole("states.amazonaws.com", w.role(t, "caller", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"states:StartExecution","Resource":"`+m+`"}]}`), "s", nil)
	require.NoError(t, err)
	call := func(action, body string) (int, string) {
		status, answer := w.service.Call(t.Context(), p, action, "", []byte(body))
		return status, string(answer)
	}
	status, answer := call("StartExecution", `{"stateMachineArn":"`+m+`","name":"n","input":"{\"a\":\"it's\"}"}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.JSONEq(t, fmt.Sprintf(`{"executionArn":"%s","startDate":%.3f}`, strings.Replace(m, "stateMachine", "execution", 1)+":n", float64(w.Clock.Now().UnixMilli())/1000), answer)
	status, answer = call("StartExecution", `{"stateMachineArn":"`+m+`","name":"n"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.JSONEq(t, `{"__type":"ExecutionAlreadyExists","message":"Execution Already Exists: '`+strings.Replace(m, "stateMachine", "execution", 1)+`:n'"}`, answer)
	status, answer = call("DescribeExecution", `{"executionArn":"`+strings.Replace(m, "stateMachine", "execution", 1)+`:n"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "AccessDeniedException")
	for action, body := range map[string]string{"StartExecution": `{"stateMachineArn":1}`, "SendTaskSuccess": `{}`} {
		status, answer = call(action, body)
		require.Equal(t, http.StatusBadRequest, status, answer)
	}
}

func TestUpdateStateMachineValidatesLikeCreation(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, nil)
	update := func(in sfn.UpdateStateMachineInput) error {
		in.StateMachineArn = &m
		_, err := w.sfn.UpdateStateMachine(t.Context(), &in)
		return err
	}
	definition := aws.String(one(`"Type":"Pass","Result":1,"End":true`))
	cloudtest.Refused(t, update(sfn.UpdateStateMachineInput{Definition: aws.String(`{}`)}), "InvalidDefinition")
	cloudtest.Refused(t, update(sfn.UpdateStateMachineInput{Definition: definition, LoggingConfiguration: &types.LoggingConfiguration{Level: "ALL"}}), "InvalidLoggingConfiguration")
	cloudtest.Refused(t, update(sfn.UpdateStateMachineInput{RoleArn: aws.String(role + "x")}), "AccessDeniedException")
	require.NoError(t, update(sfn.UpdateStateMachineInput{Definition: definition}))
	requireOutput(t, `1`, w.closed(t, w.start(t, m, `{}`)))
}

func TestUpdatesAtTheSameTimeAreAllKept(t *testing.T) {
	w := newWorld(t)
	m, admin := w.machine(t, waits, nil), administrator(t, w)
	other := w.role(t, "other", everything)
	update := func(property, value string) {
		body, err := json.Marshal(map[string]string{"stateMachineArn": m, property: value})
		require.NoError(t, err)
		status, answer := w.service.Call(context.Background(), admin, "UpdateStateMachine", "", body)
		require.Equal(t, 200, status, string(answer))
	}
	for i := range 100 {
		definition, roleARN := one(fmt.Sprintf(`"Type":"Pass","Result":%d,"End":true`, i)), []string{role, other}[i%2]
		var both sync.WaitGroup
		both.Go(func() { update("definition", definition) })
		both.Go(func() { update("roleArn", roleARN) })
		both.Wait()
		out, err := w.sfn.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &m})
		require.NoError(t, err)
		require.Equal(t, []string{definition, roleARN}, []string{*out.Definition, *out.RoleArn})
	}
}
