package lambda

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

const layer = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:53"

func TestLambdaInsights(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) {
		in.Layers, in.Role = []string{layer}, c.role("f-role", "logs:CreateLogGroup")
		in.Timeout = aws.Int(1)
	})
	c.invoke("f", `{}`)
	c.invoke("f", `{}`)
	c.invoke("f", `{"Do":"sleep","MS":5000}`)
	c.invoke("f", `{"Do":"exit"}`)
	out, err := c.cloudwatch().GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String("/aws/lambda-insights"), LogStreamName: aws.String("f")})
	require.NoError(t, err)
	require.Len(t, out.Events, 4)
	var events []map[string]any
	for _, e := range out.Events {
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(*e.Message), &event))
		require.Equal(t, "f", event["function_name"])
		require.Equal(t, 128.0, event["total_memory"])
		require.Contains(t, event["_aws"], "CloudWatchMetrics")
		events = append(events, event)
	}
	require.Equal(t, true, events[0]["cold_start"])
	require.Contains(t, events[0], "init_duration")
	require.Equal(t, false, events[1]["cold_start"])
	require.NotContains(t, events[1], "init_duration")
	require.Equal(t, "Timeout", events[2]["shutdown_reason"])
	require.NotContains(t, events[3], "used_memory_max", "of a process that has ended")
	if runtime.GOOS == "linux" {
		for _, e := range events[:3] {
			require.Greater(t, e["used_memory_max"], 1.0)
			require.Contains(t, e, "memory_utilization")
			require.Contains(t, e, "cpu_total_time")
		}
	}
}

func TestLambdaInsightsNeedsPermissions(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) { in.Layers = []string{layer} })
	c.invoke("f", `{}`)
	require.Contains(t, c.log.String(), "an event of Lambda Insights is lost")
	require.Contains(t, c.log.String(), "logs:CreateLogGroup")
}
