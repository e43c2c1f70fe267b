package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// describe writes an event on a line: its id, the id of the previous one, its type, and its details.
func describe(e types.HistoryEvent) string {
	var details string
	switch {
	case e.ExecutionStartedEventDetails != nil:
		details = *e.ExecutionStartedEventDetails.Input + " " + *e.ExecutionStartedEventDetails.RoleArn
	case e.StateEnteredEventDetails != nil:
		details = *e.StateEnteredEventDetails.Name + " " + *e.StateEnteredEventDetails.Input
	case e.StateExitedEventDetails != nil:
		details = *e.StateExitedEventDetails.Name + " " + *e.StateExitedEventDetails.Output
	case e.TaskScheduledEventDetails != nil:
		d := e.TaskScheduledEventDetails
		details = fmt.Sprint(*d.ResourceType, " ", *d.Resource, " ", *d.Region, " ", *d.Parameters, " ", aws.ToInt64(d.TimeoutInSeconds))
	case e.TaskStartedEventDetails != nil:
		details = *e.TaskStartedEventDetails.ResourceType + " " + *e.TaskStartedEventDetails.Resource
	case e.TaskSucceededEventDetails != nil:
		d := e.TaskSucceededEventDetails
		details = *d.ResourceType + " " + *d.Resource + " " + *d.Output
	case e.TaskFailedEventDetails != nil:
		d := e.TaskFailedEventDetails
		details = *d.ResourceType + " " + *d.Resource + " " + *d.Error + " " + *d.Cause
	case e.ExecutionSucceededEventDetails != nil:
		details = *e.ExecutionSucceededEventDetails.Output
	case e.ExecutionFailedEventDetails != nil:
		details = aws.ToString(e.ExecutionFailedEventDetails.Error) + " " + aws.ToString(e.ExecutionFailedEventDetails.Cause)
	case e.ExecutionAbortedEventDetails != nil:
		details = aws.ToString(e.ExecutionAbortedEventDetails.Error) + " " + aws.ToString(e.ExecutionAbortedEventDetails.Cause)
	}
	return strings.TrimSpace(fmt.Sprintf("%d<%d %s %s", e.Id, e.PreviousEventId, e.Type, details))
}

func (w *world) historyText(t *testing.T, arn string) string {
	t.Helper()
	var lines []string
	for _, e := range w.events(t, arn) {
		lines = append(lines, describe(e))
	}
	return strings.Join(lines, "\n")
}

const role = "arn:aws:iam::123456789012:role/machine"

func TestHistoryOfAnOrderThatIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.functions["invoice"] = fails("Throttled", "InvoiceRefused")
	out := w.start(t, w.machine(t, `{"StartAt":"Kind","States":{
		"Kind":{"Type":"Choice","Choices":[{"Variable":"$.new","BooleanEquals":true,"Next":"Invoice"}],"Default":"Done"},
		"Done":{"Type":"Succeed"},
		"Invoice":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"invoice","Payload.$":"$"},
			"Retry":[{"ErrorEquals":["Throttled"]}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"Failed"}],"Next":"Done"},
		"Failed":{"Type":"Fail","ErrorPath":"$.error.Error","Cause":"no invoice"}}}`, nil), `{"new":true}`)
	w.pass(t, 2, time.Second)
	w.closed(t, out)
	require.Empty(t, cmp.Diff(`1<0 ExecutionStarted {"new":true} `+role+`
2<0 ChoiceStateEntered Kind {"new":true}
3<2 ChoiceStateExited Kind {"new":true}
4<3 TaskStateEntered Invoice {"new":true}
5<4 TaskScheduled lambda invoke us-east-1 {"FunctionName":"invoice","Payload":{"new":true}} 0
6<5 TaskStarted lambda invoke
7<6 TaskFailed lambda invoke Throttled {"errorMessage":"no","errorType":"Throttled"}
8<7 TaskScheduled lambda invoke us-east-1 {"FunctionName":"invoice","Payload":{"new":true}} 0
9<8 TaskStarted lambda invoke
10<9 TaskFailed lambda invoke InvoiceRefused {"errorMessage":"no","errorType":"InvoiceRefused"}
11<10 TaskStateExited Invoice {"error":{"Cause":"{\"errorMessage\":\"no\",\"errorType\":\"InvoiceRefused\"}","Error":"InvoiceRefused"},"new":true}
12<11 FailStateEntered Failed {"error":{"Cause":"{\"errorMessage\":\"no\",\"errorType\":\"InvoiceRefused\"}","Error":"InvoiceRefused"},"new":true}
13<12 ExecutionFailed InvoiceRefused no invoice`, w.historyText(t, out)))
}

func TestTheResultOfAnInvocation(t *testing.T) {
	w := newWorld(t)
	out := w.run(t, one(`"Type":"Task","Resource":"`+invokeFunction+`","Parameters":{"FunctionName":"echo","Payload.$":"$"},"End":true`), `{"a":1}`)
	requireOutput(t, `{"ExecutedVersion":"$LATEST","Payload":{"a":1},"StatusCode":200}`, out)
}

func TestPublishing(t *testing.T) {
	w := newWorld(t)
	publishing := func(parameters string) *sfn.DescribeExecutionOutput {
		return w.run(t, one(`"Type":"Task","Resource":"`+publish+`","End":true,"Parameters":{"TopicArn":"`+topicARN+`",`+parameters+`}`), `{"o":{"id":"o1","n":1.50},"s":"text"}`)
	}
	out := publishing(`"Message.$":"$.o"`)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(*out.Output), &result))
	require.Equal(t, "message-1", result["MessageId"])
	publishing(`"Message.$":"$.s"`)
	require.Len(t, w.published, 2)
	p := w.published[0]
	require.Equal(t, []string{topicARN, `{"id":"o1","n":1.50}`}, []string{p.TopicARN, p.Message})
	require.Equal(t, "text", w.published[1].Message)
}

func TestHistoryComesInPages(t *testing.T) {
	w := newWorld(t)
	arn := *w.run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},"C":{"Type":"Succeed"}}}`, `{}`).ExecutionArn
	for _, reverse := range []bool{false, true} {
		var ids []int64
		p := sfn.NewGetExecutionHistoryPaginator(w.sfn, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 3, ReverseOrder: reverse})
		pages := 0
		for ; p.HasMorePages(); pages++ {
			page, err := p.NextPage(t.Context())
			require.NoError(t, err)
			for _, e := range page.Events {
				ids = append(ids, e.Id)
			}
		}
		require.Equal(t, 3, pages)
		want := []int64{1, 2, 3, 4, 5, 6, 7, 8}
		if reverse {
			want = []int64{8, 7, 6, 5, 4, 3, 2, 1}
		}
		require.Equal(t, want, ids)
	}
}

func TestAHistoryHasAtMost25000Events(t *testing.T) {
	w := newWorld(t)
	out := w.run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}`, `{}`)
	requireFailed(t, "States.Runtime", "The execution reached the maximum number of history events (25000).", out)
	last, err := w.sfn.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: out.ExecutionArn, MaxResults: 1, ReverseOrder: true})
	require.NoError(t, err)
	require.Equal(t, int64(25000), last.Events[0].Id)
	require.Equal(t, int64(24999), last.Events[0].PreviousEventId)
}

func TestDataIsLimitedTo256KiB(t *testing.T) {
	w := newWorld(t)
	half := strings.Repeat("x", 131072)
	out := w.run(t, one(`"Type":"Pass","Parameters":{"a.$":"$","b.$":"$","c.$":"$"},"End":true`), `"`+half+`"`)
	requireFailed(t, "States.DataLimitExceeded", "The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.", out)

	w.functions["echo"] = fails() // answers {"ok":true}
	w.functions["flaky"] = w.functions["echo"]
	catch := `,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"Next":"Caught"},{"ErrorEquals":["States.ALL"],"Next":"Other"}]`
	out = w.run(t, flaky(`,"Parameters":{"FunctionName":"flaky","Payload":{"a.$":"$","b.$":"$","c.$":"$"}}`+catch), `"`+half+`"`)
	require.Contains(t, *out.Output, "States.DataLimitExceeded")
	out = w.run(t, flaky(`,"Parameters":{"FunctionName":"flaky","Payload":{"a.$":"$","b.$":"$","c.$":"$"}},"Catch":[{"ErrorEquals":["Never"],"Next":"Caught"},{"ErrorEquals":["States.ALL"],"Next":"Other"}]`), `"`+half+`"`)
	requireFailed(t, "States.DataLimitExceeded", "", out)
}
