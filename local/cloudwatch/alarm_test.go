package cloudwatch_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
)

func TestAlarmFiresAndRecoversWithANotificationOfEach(t *testing.T) {
	c := newCloud(t)
	c.alarm(t, "rejected", map[string]any{"alarmDescription": "Orders are rejected."})
	state, reason := c.state(t, "rejected")
	require.Equal(t, "INSUFFICIENT_DATA", state)
	require.Equal(t, "Unchecked: Initial alarm creation", reason)
	require.Equal(t, "OK", c.next(t, "rejected"))
	at := c.Clock.Now()
	c.put(2)
	c.put(3)
	require.Equal(t, "ALARM", c.next(t, "rejected"))
	_, reason = c.state(t, "rejected")
	require.Equal(t, "Threshold Crossed: 1 of the last 1 datapoints [5 ("+at.UTC().Format("02/01/06 15:04:05")+
		")] breach GreaterThanOrEqualToThreshold (1); 1 of 1 raise the alarm.", reason)
	// The value stays in the evaluation range for two periods more.
	require.Equal(t, "ALARM", c.next(t, "rejected"))
	require.Equal(t, "ALARM", c.next(t, "rejected"))
	require.Equal(t, "OK", c.next(t, "rejected"))

	subjects, messages := c.notified(t)
	require.ElementsMatch(t, []string{
		`OK: "rejected" in US East (N. Virginia)`, `ALARM: "rejected" in US East (N. Virginia)`, `OK: "rejected" in US East (N. Virginia)`,
	}, subjects)
	for _, m := range messages {
		require.Equal(t, "Orders are rejected.", m["AlarmDescription"])
		if m["NewStateValue"] != "ALARM" {
			continue
		}
		require.Equal(t, "OK", m["OldStateValue"])
		require.Equal(t, reason, m["NewStateReason"])
		require.Equal(t, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rejected", m["AlarmArn"])
		require.Equal(t, at.Add(time.Minute).UTC().Format("2006-01-02T15:04:05.000-0700"), m["StateChangeTime"])
		require.Equal(t, map[string]any{
			"MetricName": "Rejected", "Namespace": "OrderPatterns", "Statistic": "Sum", "Dimensions": []any{}, "Period": 60.0,
			"EvaluationPeriods": 1.0, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
		}, m["Trigger"])
	}
}

func TestAlarmIsEvaluatedWithoutARequest(t *testing.T) {
	c := newCloud(t)
	c.alarm(t, "rejected", nil)
	c.put(1)
	c.Clock.Advance(time.Minute)
	require.Eventually(t, func() bool {
		subjects, _ := c.notified(t)
		return len(subjects) == 1
	}, 10*time.Second, 10*time.Millisecond)
}

func TestCompositeAlarmFollowsItsChildren(t *testing.T) {
	c := newCloud(t)
	c.alarm(t, "a", map[string]any{"alarmActions": []any{}, "okActions": []any{}})
	c.alarm(t, "b", map[string]any{"alarmActions": []any{}, "okActions": []any{}, "metricName": "Other"})
	c.MustDeploy(t, compositeType, map[string]any{"alarmName": "all", "alarmRule": `ALARM("a") OR ALARM("b")`, "alarmActions": []any{topicARN}})
	require.Equal(t, "OK", c.next(t, "all"))
	c.put(1)
	require.Equal(t, "ALARM", c.next(t, "all"))
	_, reason := c.state(t, "all")
	require.Contains(t, reason, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a transitioned to ALARM at ")
	subjects, messages := c.notified(t)
	require.Equal(t, []string{`ALARM: "all" in US East (N. Virginia)`}, subjects)
	require.Equal(t, `ALARM("a") OR ALARM("b")`, messages[0]["AlarmRule"])
	require.ErrorContains(t, c.Delete(t, alarmType, "a"), "child of the composite alarm")
	c.Clock.Advance(2 * time.Minute)
	require.Equal(t, "OK", c.next(t, "all"))
}

func TestAlarmOnAnExpression(t *testing.T) {
	c := newCloud(t)
	metric := func(id, name string) map[string]any {
		return map[string]any{"id": id, "metric": map[string]any{"namespace": "OrderPatterns", "metricName": name, "period": 60, "stat": "Sum"}}
	}
	c.MustDeploy(t, alarmType, map[string]any{
		"name": "undone", "threshold": 0, "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 2, "alarmActions": []any{topicARN},
		"metricQueries": []any{
			map[string]any{"id": "undone", "expression": "IF(FILL(accepted, 0) > 0 && FILL(done, 0) == 0, 1, 0)", "label": "Undone", "returnData": true},
			metric("accepted", "Rejected"), metric("done", "Done"),
		},
	})
	c.put(1)
	require.Equal(t, "OK", c.next(t, "undone"))
	c.put(1)
	require.Equal(t, "ALARM", c.next(t, "undone"))
	require.Equal(t, "OK", c.next(t, "undone"))
	_, messages := c.notified(t)
	require.Len(t, messages, 1)
	trigger := messages[0]["Trigger"].(map[string]any)
	require.NotContains(t, trigger, "MetricName")
	require.Equal(t, map[string]any{"Id": "done", "ReturnData": false, "MetricStat": map[string]any{"Period": 60.0, "Stat": "Sum",
		"Metric": map[string]any{"Namespace": "OrderPatterns", "MetricName": "Done", "Dimensions": []any{}}}}, trigger["Metrics"].([]any)[2])
	out, err := c.client.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{})
	require.NoError(t, err)
	require.Nil(t, out.MetricAlarms[0].Namespace)
	require.Nil(t, out.MetricAlarms[0].Period)
	require.Equal(t, "Undone", *out.MetricAlarms[0].Metrics[0].Label)
	require.Equal(t, int32(60), *out.MetricAlarms[0].Metrics[1].MetricStat.Period)
}

// After a jump of the clock, alarms are in the states that they would have reached minute by minute, and have not wavered.
func TestGaugesAndAlarmsAfterAJumpOfTheClock(t *testing.T) {
	c := newCloud(t)
	queue, _ := c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "orders"})
	client := awssqs.NewFromConfig(c.Admin)
	for metric, periods := range map[string]int{"ApproximateNumberOfMessagesVisible": 1, "ApproximateAgeOfOldestMessage": 5} {
		c.alarm(t, metric, map[string]any{"namespace": "AWS/SQS", "metricName": metric, "dimensions": map[string]any{"QueueName": "orders"},
			"statistic": "Maximum", "threshold": 1, "evaluationPeriods": periods, "okActions": []any{}})
	}
	_, err := client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")})
	require.NoError(t, err)
	c.Clock.Advance(time.Hour)
	for _, name := range []string{"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"} {
		state, _ := c.state(t, name)
		require.Equal(t, "ALARM", state, name)
	}
	subjects, _ := c.notified(t)
	require.Len(t, subjects, 2)
	_, err = client.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: &queue})
	require.NoError(t, err)
	c.Clock.Advance(time.Hour)
	for _, name := range []string{"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"} {
		state, _ := c.state(t, name)
		require.Equal(t, "OK", state, name)
	}
	out, err := c.client.GetMetricData(t.Context(), &sdk.GetMetricDataInput{
		StartTime: aws.Time(c.Clock.Now().Add(-2 * time.Hour)), EndTime: aws.Time(c.Clock.Now()),
		MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("q"), MetricStat: &types.MetricStat{
			Period: aws.Int32(3600), Stat: aws.String("SampleCount"), Metric: &types.Metric{
				Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateNumberOfMessagesVisible"),
				Dimensions: []types.Dimension{{Name: aws.String("QueueName"), Value: aws.String("orders")}},
			},
		}}},
	})
	require.NoError(t, err)
	total := 0.0
	for _, n := range out.MetricDataResults[0].Values {
		total += n
	}
	require.Equal(t, 120.0, total)
}
