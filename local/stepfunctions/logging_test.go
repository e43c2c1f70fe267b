package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

const (
	groupName = "/aws/vendedlogs/states/m"
	groupARN  = "arn:aws:logs:us-east-1:123456789012:log-group:" + groupName + ":*"
	breaks    = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + invokeFunction + `","Parameters":{"FunctionName":"echox"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"F"}],"End":true},"F":{"Type":"Fail","Error":"E","Cause":"why"}}}`
)

func logging(level string, data bool) map[string]any {
	return map[string]any{"level": level, "includeExecutionData": data, "logDestination": groupARN}
}

// lines are what was logged since the test began, in order.
func (w *world) lines(t *testing.T) []map[string]any {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(w.Admin)
	out, err := client.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(groupName)})
	require.NoError(t, err)
	var lines []map[string]any
	for _, e := range out.Events {
		require.Regexp(t, `^states/m\d+/\d{4}-\d\d-\d\d-\d\d-\d\d/[0-9a-f]{8}$`, *e.LogStreamName)
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(*e.Message), &line))
		lines = append(lines, line)
	}
	return lines
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[string]string{
		"OFF": "", "FATAL": "ExecutionFailed", "ERROR": "TaskFailed FailStateEntered ExecutionFailed",
		"ALL": "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed TaskStateExited FailStateEntered ExecutionFailed",
	} {
		for _, machineType := range []string{"STANDARD", "EXPRESS"} {
			t.Run(level+" "+machineType, func(t *testing.T) {
				w := newWorld(t)
				w.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": groupName})
				m := w.machine(t, breaks, map[string]any{"name": "m1", "type": machineType, "loggingConfiguration": logging(level, false)})
				arn := w.start(t, m, `{}`)
				if machineType == "STANDARD" {
					w.closed(t, arn)
				}
				kinds := []string{}
				require.Eventually(t, func() bool {
					w.Clock.Advance(time.Second)
					kinds = nil
					for _, l := range w.lines(t) {
						kinds = append(kinds, l["type"].(string))
					}
					return len(kinds) == len(strings.Fields(want))
				}, 10*time.Second, time.Millisecond)
				require.Equal(t, strings.Fields(want), append([]string{}, kinds...))
			})
		}
	}
}

func TestLinesAreDeliveredAfterASecond(t *testing.T) {
	w := newWorld(t)
	w.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": groupName})
	for data, want := range map[bool]string{
		false: `[{"roleArn":"` + role + `"},{"name":"T"},{"resourceType":"lambda","resource":"invoke","region":"us-east-1"},{"resourceType":"lambda","resource":"invoke"},{"resourceType":"lambda","resource":"invoke","error":"Lambda.ResourceNotFoundException"},{"name":"T"},{"name":"F"},{"error":"E","cause":"why"}]`,
		true: `[{"roleArn":"` + role + `","input":"{}","inputDetails":{"truncated":false}},{"name":"T","input":"{}","inputDetails":{"truncated":false}},
			{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"FunctionName\":\"echox\"}"},{"resourceType":"lambda","resource":"invoke"},{"resourceType":"lambda","resource":"invoke","error":"Lambda.ResourceNotFoundException"},
			{"name":"T","output":"{}","outputDetails":{"truncated":false}},{"name":"F","input":"{}","inputDetails":{"truncated":false}},{"error":"E","cause":"why"}]`,
	} {
		before := len(w.lines(t))
		definition := strings.Replace(breaks, `"Next":"F"`, `"ResultPath":null,"Next":"F"`, 1)
		m := w.machine(t, definition, map[string]any{"name": fmt.Sprintf("m%d", w.next()), "loggingConfiguration": logging("ALL", data)})
		arn := w.start(t, m, `{}`)
		w.closed(t, arn)
		require.Len(t, w.lines(t), before)
		w.Clock.Advance(time.Second)
		require.Eventually(t, func() bool { return len(w.lines(t)) == before+8 }, 10*time.Second, time.Millisecond)
		var details []any
		for i, l := range w.lines(t)[before:] {
			require.Equal(t, arn, l["execution_arn"])
			require.Equal(t, fmt.Sprint(i+1), l["id"])
			require.Equal(t, fmt.Sprint(map[bool]int{true: 0, false: i}[i < 2]), l["previous_event_id"])
			require.Equal(t, "0", l["redrive_count"])
			d := l["details"].(map[string]any)
			if strings.HasPrefix(fmt.Sprint(d["error"]), "Lambda") {
				delete(d, "cause") // it contains a random id
			}
			details = append(details, d)
		}
		text, err := json.Marshal(details)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
	}
}

func TestLoggingNeedsEachPermissionOfTheRole(t *testing.T) {
	w := newWorld(t)
	actions := []string{
		"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
		"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
	}
	document := func(without int) string {
		list := append(append([]string{}, actions[:without]...), actions[without+1:]...)
		return allow(strings.Join(list, `","`), "*")
	}
	for i, action := range actions {
		policy := strings.Replace(strings.Replace(document(i), `"Action":"`, `"Action":["`, 1), `","Resource"`, `"],"Resource"`, 1)
		name := fmt.Sprintf("without%d", i)
		_, _, err := w.Deploy(t, kind, inputs(waits, map[string]any{"name": name, "roleArn": w.role(t, name, policy), "loggingConfiguration": logging("ERROR", false)}))
		require.ErrorContains(t, err, "The state machine IAM Role is not authorized to access the Log Destination", action)
	}
	unlogged := w.role(t, "unlogged", allow("lambda:InvokeFunction", "*"))
	m := w.machine(t, waits, map[string]any{"name": "unlogged", "roleArn": unlogged})
	err := w.Update(t, kind, m, inputs(waits, map[string]any{"name": "unlogged", "roleArn": unlogged, "loggingConfiguration": logging("ERROR", false)}))
	require.ErrorContains(t, err, "not authorized to access the Log Destination")
}

func TestAnExecutionDoesNotFailIfItsLogIsLost(t *testing.T) {
	w := newWorld(t) // without the log group
	m := w.machine(t, one(`"Type":"Pass","End":true`), map[string]any{"loggingConfiguration": logging("ALL", true)})
	arn := w.start(t, m, `{}`)
	w.Clock.Advance(time.Second)
	requireOutput(t, `{}`, w.closed(t, arn))
}
