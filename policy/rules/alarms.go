package rules

import (
	"slices"
	"strings"
)

var alarms = Rule{
	Name:        "alarms",
	Description: "Each function, queue, table, stream, state machine and API has an alarm on its failures, and the alarm has an action.",
	Level:       Advisory,
	Reference:   "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
	check: func(s *Stack, _ Settings, report report) {
		for _, watched := range watchedTypes {
			for _, r := range s.of(watched.typ) {
				if !slices.ContainsFunc(s.of(alarmType), func(alarm *Resource) bool { return watched.by(alarm, r) }) {
					report(r, "no alarm with an action watches %s", strings.Join(watched.metrics, " or "))
				}
			}
		}
	},
}

// watched lists metrics. An alarm must watch one of them.
type watched struct {
	typ, namespace string
	metrics        []string
}

var watchedTypes = []watched{
	{functionType, "AWS/Lambda", []string{"Errors"}},
	{queueType, "AWS/SQS", []string{"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}},
	{tableType, "AWS/DynamoDB", []string{"SystemErrors", "ReadThrottleEvents", "WriteThrottleEvents", "ThrottledRequests"}},
	{streamType, "AWS/Kinesis", []string{"WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "GetRecords.IteratorAgeMilliseconds"}},
	{machineType, "AWS/States", []string{"ExecutionsFailed"}},
	{apiType, "AWS/ApiGateway", []string{"5XXError"}},
}

// by reports whether the alarm watches the resource. The alarm must have an action. Its metric, or a metric of its expression, must belong
// to the resource.
func (w watched) by(alarm, r *Resource) bool {
	if enabled, stated := alarm.at("actionsEnabled").(bool); stated && !enabled || !alarm.has("alarmActions") {
		return false
	}
	if alarm.text("namespace") == w.namespace && slices.Contains(w.metrics, alarm.text("metricName")) {
		return refers(alarm, "dimensions", r)
	}
	queries, _ := alarm.at("metricQueries").([]any)
	return refers(alarm, "metricQueries", r) && slices.ContainsFunc(queries, func(query any) bool {
		name, _ := descend(query, "metric", "metricName").(string)
		return descend(query, "metric", "namespace") == w.namespace && slices.Contains(w.metrics, name)
	})
}
