package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

// messages waits until a log group has at least n events and returns them in order.
func (c *cloud) messages(group string, n int) []string {
	c.t.Helper()
	var lines []string
	eventually(c.t, fmt.Sprintf("%d events in %s", n, group), func() bool {
		out, err := c.cloudwatch().FilterLogEvents(context.Background(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
		require.NoError(c.t, err)
		lines = nil
		for _, e := range out.Events {
			lines = append(lines, *e.Message)
		}
		return len(lines) >= n
	})
	return lines
}

// platform reads one of Lambda's own lines. Durations are left out.
func platform(t *testing.T, line string) (kind string, r record) {
	t.Helper()
	var e struct {
		Type   string
		Record record
	}
	require.NoError(t, json.Unmarshal([]byte(line), &e), line)
	require.Regexp(t, idPattern, e.Record["requestId"])
	delete(e.Record, "requestId")
	if metrics, ok := e.Record["metrics"].(map[string]any); ok {
		maps.DeleteFunc(metrics, func(_ string, v any) bool { return v != 128.0 })
	}
	return e.Type, e.Record
}

var idPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func TestLogsAreWrittenAsLambdaWritesThem(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.invoke("f", `{"do":"print","text":"one\ntwo"}`)
	c.invoke("f", `{"do":"exit"}`)
	lines := c.messages("/aws/lambda/f", 7)
	require.Equal(t, []string{"one", "two", "last words"}, []string{lines[1], lines[2], lines[6]})
	require.Contains(t, lines[3], `"initDurationMs":`)
	memory := map[string]any{"memorySizeMB": 128.0}
	for i, want := range map[int]record{
		0: {"version": "$LATEST"}, 3: {"status": "success", "metrics": memory},
		4: {"version": "$LATEST"}, 5: {"status": "error", "errorType": "Runtime.ExitError", "metrics": memory},
	} {
		kind, got := platform(t, lines[i])
		require.Equal(t, want, got)
		require.Equal(t, want["version"] != nil, kind == "platform.start")
		require.Equal(t, want["metrics"] != nil, kind == "platform.report")
	}
}

func TestTimeoutIsLogged(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) { in.Timeout = aws.Int(1) })
	c.invoke("f", `{"do":"sleep","ms":5000}`)
	_, report := platform(t, c.messages("/aws/lambda/f", 2)[1])
	require.Equal(t, "timeout", report["status"])
	require.Equal(t, "Sandbox.Timedout", report["errorType"])
}

func TestJSONLogsGoToTheirGroup(t *testing.T) {
	c := newCloud(t)
	c.logGroup("shared")
	c.function("f", func(in *FunctionArgs) {
		in.LoggingConfig = &LoggingConfig{LogFormat: "JSON", LogGroup: aws.String("shared")}
	})
	c.invoke("f", `{"do":"print","text":"{\"level\":\"ERROR\",\"msg\":\"b\"}\nplain"}`)
	lines := c.messages("shared", 4)
	require.Len(t, lines, 4)
	require.Equal(t, []string{`{"level":"ERROR","msg":"b"}`, "plain"}, lines[1:3])
	var report struct {
		Type   string
		Record struct {
			Status  string
			Metrics struct{ MemorySizeMB int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(lines[3]), &report))
	require.Equal(t, "platform.report", report.Type)
	require.Equal(t, "success", report.Record.Status)
	require.Equal(t, 128, report.Record.Metrics.MemorySizeMB)
}

func TestLogsAreLostWithoutPermissionOrGroup(t *testing.T) {
	c := newCloud(t)
	role := roleKind(t, c.iam, "mute", trust)
	c.function("f", func(in *FunctionArgs) { in.Role = role })
	c.function("g", func(in *FunctionArgs) {
		in.LoggingConfig = &LoggingConfig{LogFormat: "Text", LogGroup: aws.String("absent")}
	})
	require.JSONEq(t, `{}`, string(c.invoke("f", `{}`).Payload))
	require.JSONEq(t, `{}`, string(c.invoke("g", `{}`).Payload))
	require.NoError(t, c.lambda.Close())
	require.Empty(t, c.messages("/aws/lambda/f", 0))
}

func TestLongLinesAreSplit(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.invoke("f", fmt.Sprintf(`{"do":"print","text":%q}`, strings.Repeat("x", 300<<10)))
	total := 0
	for _, line := range c.messages("/aws/lambda/f", 4) {
		if strings.HasPrefix(line, "x") {
			total += len(line)
		}
	}
	require.Equal(t, 300<<10, total)
}
