package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
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

var (
	idPattern     = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	numberPattern = regexp.MustCompile(`\d+(\.\d+)? (ms|MB)`)
)

func normal(line string) string {
	return numberPattern.ReplaceAllString(idPattern.ReplaceAllString(line, "ID"), "N $2")
}

func TestLogsAreWrittenAsLambdaWritesThem(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.invoke("f", `{"do":"print","text":"one\ntwo"}`)
	c.invoke("f", `{"do":"exit"}`)
	lines := c.messages("/aws/lambda/f", 10)
	for i := range lines {
		lines[i] = normal(lines[i])
	}
	require.Equal(t, []string{
		"START RequestId: ID Version: $LATEST", "one", "two", "END RequestId: ID",
		"REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: N MB\tInit Duration: N ms\t",
		"START RequestId: ID Version: $LATEST", "RequestId: ID Error: Runtime exited with error: exit status 7\nRuntime.ExitError",
		"END RequestId: ID",
		"REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: N MB\tStatus: error\tError Type: Runtime.ExitError",
		"last words",
	}, lines)
}

func TestTimeoutIsLogged(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) { in.Timeout = aws.Int(1) })
	c.invoke("f", `{"do":"sleep","ms":5000}`)
	lines := c.messages("/aws/lambda/f", 4)
	require.Regexp(t, `^\S+Z ID Task timed out after 1.00 seconds$`, normal(lines[1]))
	require.Contains(t, lines[3], "Status: timeout")
}

func TestJSONLogsFilterByLevel(t *testing.T) {
	c := newCloud(t)
	c.logGroup("shared")
	c.function("f", func(in *FunctionArgs) {
		in.LoggingConfig = &LoggingConfig{LogFormat: "JSON", LogGroup: aws.String("shared")}
	})
	c.invoke("f", `{"do":"print","text":"{\"level\":\"debug\",\"msg\":\"a\"}\n{\"level\":\"ERROR\",\"msg\":\"b\"}\n{\"level\":\"TRACE\"}\nplain"}`)
	lines := c.messages("shared", 4)
	require.Len(t, lines, 4)
	require.Equal(t, []string{`{"level":"ERROR","msg":"b"}`, "plain"}, lines[1:3], "a line without a level counts as INFO")
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

func TestTailIsTheLastOfTheInvocationsLog(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	tail := func(text string) string {
		payload, err := json.Marshal(map[string]string{"do": "print", "text": text})
		require.NoError(t, err)
		out, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: payload, LogType: types.LogTypeTail})
		require.NoError(t, err)
		got, err := base64.StdEncoding.DecodeString(*out.LogResult)
		require.NoError(t, err)
		return string(got)
	}
	first := tail("hello")
	require.True(t, strings.HasPrefix(first, "START RequestId: "), first)
	require.Contains(t, first, "\nhello\nEND RequestId: ")
	require.Contains(t, first, "\nREPORT RequestId: ")
	require.NotContains(t, tail("again"), "hello")
	require.Len(t, tail(strings.Repeat("x", 9000)), 4096)
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
	for _, line := range c.messages("/aws/lambda/f", 5) {
		if strings.HasPrefix(line, "x") {
			total += len(line)
		}
	}
	require.Equal(t, 300<<10, total)
}
