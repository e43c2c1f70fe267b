package cloudwatch_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStoredResourcesLifecycle(t *testing.T) {
	c := newCloud(t)
	c.alarm(t, "child", nil)
	for kind, inputs := range map[string]map[string]any{
		"aws:cloudwatch/dashboard:Dashboard": {"dashboardName": "orders", "dashboardBody": `{"widgets":[]}`},
		compositeType:                        {"alarmName": "all", "alarmRule": "ALARM(child)"},
		alarmType: {"name": "a", "namespace": "N", "metricName": "M", "extendedStatistic": "p99", "period": 60, "threshold": 0.5,
			"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "dimensions": map[string]any{"A": "b"}},
	} {
		id, state := c.MustDeploy(t, kind, inputs)
		require.Equal(t, state, c.Read(t, kind, id), kind)
		require.NoError(t, c.Update(t, kind, id, inputs), kind)
		require.NoError(t, c.Delete(t, kind, id), kind)
		require.Nil(t, c.Read(t, kind, id), kind)
		require.Error(t, c.Update(t, kind, id, inputs), kind)
	}
	_, state := c.MustDeploy(t, "aws:cloudwatch/dashboard:Dashboard", map[string]any{"dashboardName": "orders", "dashboardBody": `{}`})
	require.Equal(t, "arn:aws:cloudwatch::123456789012:dashboard/orders", state["dashboardArn"])
}

func TestInputsThatAWSWouldRefuseAreRefused(t *testing.T) {
	c := newCloud(t)
	for property, value := range map[string]any{
		"period": 90, "comparisonOperator": "Greater", "evaluationPeriods": 0, "datapointsToAlarm": 2, "treatMissingData": "bad",
		"statistic": "Median", "extendedStatistic": "p101", "alarmActions": []any{"arn:aws:lambda:us-east-1:123456789012:function:f"},
	} {
		inputs := map[string]any{"namespace": "N", "metricName": "M", "statistic": "Sum", "period": 60, "threshold": 1,
			"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1}
		inputs[property] = value
		failures := c.Check(t, alarmType, inputs).GetFailures()
		require.NotEmpty(t, failures, property)
		require.Equal(t, property, failures[0].GetProperty())
	}
	one := map[string]any{"id": "m", "returnData": true, "metric": map[string]any{"namespace": "N", "metricName": "M", "period": 60, "stat": "Sum"}}
	for want, queries := range map[string][]any{"more than one query returns data": {one, map[string]any{"id": "e", "expression": "m", "returnData": true}},
		"is not accepted": {one, map[string]any{"id": "e", "expression": "SUM(m)"}}} {
		failures := c.Check(t, alarmType, map[string]any{"threshold": 1, "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1,
			"metricQueries": queries}).GetFailures()
		require.Len(t, failures, 1)
		require.Contains(t, failures[0].GetReason(), want)
	}
	failures := c.Check(t, compositeType, map[string]any{"alarmName": "a", "alarmRule": "ALARM("}).GetFailures()
	require.Len(t, failures, 1)
	_, _, err := c.Deploy(t, compositeType, map[string]any{"alarmName": "a", "alarmRule": "ALARM(absent)"})
	require.ErrorContains(t, err, "does not exist")
}
