package tasks_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
	"github.com/order-patterns/order-patterns/local"
)

// deployment is an Orchestrator of two tasks with an API, in a cloud that enforces IAM.
type deployment struct {
	cloud   *local.Cloud
	outputs map[string]any
}

func pictures(t *testing.T) deployment {
	t.Helper()
	path, architecture := zipped(t)
	task := func(name string) components.Function {
		return components.Function{Code: pulumi.NewFileArchive(path), Architecture: architecture, Environment: pulumi.StringMap{"TASK": pulumi.String(name)}}
	}
	back := task("undo-resize")
	cloud, outputs := deploy(t, &components.OrchestratorArgs{
		Tasks: []components.Task{
			{Name: "resize", Function: task("resize"), Compensate: &back, Permanent: []string{"NotAPicture"}},
			{Name: "index", Function: task("index"), Permanent: []string{"IndexRefused"}},
		},
		Start: &components.StartRoute{
			Path: "/pictures", IdPath: "$.id", BodyRules: "A picture has an id.",
			Body: `{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}`,
		},
		Authorizer: components.NoAuthorizer(),
		Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)},
	})
	return deployment{cloud, outputs}
}

func (d deployment) output(name string) string { return d.outputs[name].(string) }

func (d deployment) post(t *testing.T, body string) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.Post(d.output("url")+"/pictures", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &answer), string(text))
	return r.StatusCode, answer
}

// execution waits until the execution of an accepted request has ended.
func (d deployment) execution(t *testing.T, answer map[string]any) *sfn.DescribeExecutionOutput {
	t.Helper()
	client := sfn.NewFromConfig(d.cloud.Admin.Config(d.cloud.Endpoint))
	var out *sfn.DescribeExecutionOutput
	require.Eventually(t, func() bool {
		var err error
		out, err = client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(answer["executionArn"].(string))})
		require.NoError(t, err)
		return out.Status != types.ExecutionStatusRunning
	}, 30*time.Second, 10*time.Millisecond)
	return out
}

func TestAnOrchestratorOfTasks(t *testing.T) {
	d := pictures(t)
	t.Run("runs them with what the client sent", func(t *testing.T) {
		body := `{"id": "p/1", "title": "it's \"é\"\\ <b>\n</b> ${x} #end $context.requestId", "sizes": [1, 2.5, null, true, {}]}`
		status, answer := d.post(t, body)
		require.Equal(t, http.StatusAccepted, status, answer)
		require.Equal(t, "p1", answer["id"], "without what a name may not have")
		out := d.execution(t, answer)
		require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
		var output struct {
			Execution string
			Input     struct {
				ID, RequestID string
				Accepted      int64
				Body          json.RawMessage
			}
			Results, Notification json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(*out.Output), &output))
		require.JSONEq(t, body, string(output.Input.Body))
		require.JSONEq(t, `{"resize":{"task":"resize"},"index":{"task":"index"}}`, string(output.Results))
		require.Contains(t, string(output.Notification), "messageid")
		require.Equal(t, answer["requestid"], output.Input.RequestID)
		require.Equal(t, output.Execution, output.Input.RequestID)
		require.Equal(t, "p1", output.Input.ID)
		require.WithinDuration(t, time.Now(), time.UnixMilli(output.Input.Accepted), time.Minute)
	})
	t.Run("undoes the first when the second fails", func(t *testing.T) {
		status, answer := d.post(t, `{"id": "p2", "fails": {"index": "IndexRefused"}}`)
		require.Equal(t, http.StatusAccepted, status, answer)
		out := d.execution(t, answer)
		require.Equal(t, types.ExecutionStatusFailed, out.Status)
		require.Equal(t, "IndexRefused", aws.ToString(out.Error))
		queue := sqs.NewFromConfig(d.cloud.Admin.Config(d.cloud.Endpoint))
		received, err := queue.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(d.output("failureQueueUrl")), WaitTimeSeconds: 5})
		require.NoError(t, err)
		require.Len(t, received.Messages, 1)
		var message struct {
			Error, Execution string
			Input            struct{ ID string }
			Compensations    json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(*received.Messages[0].Body), &message))
		require.Equal(t, "IndexRefused", message.Error)
		require.Equal(t, answer["executionArn"], message.Execution)
		require.Equal(t, "p2", message.Input.ID)
		require.JSONEq(t, `{"resize":{"done":true}}`, string(message.Compensations))
	})
	t.Run("is not started by what is not valid", func(t *testing.T) {
		status, answer := d.post(t, `{"title": "x"}`)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, answer["message"], "A picture has an id.")
		status, answer = d.post(t, `{"id": "`+strings.Repeat("x", components.MaxExecutionBody)+`"}`)
		require.Equal(t, http.StatusRequestEntityTooLarge, status, answer)
	})
}
