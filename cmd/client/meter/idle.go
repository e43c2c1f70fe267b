package meter

import (
	"encoding/json"
	"time"
)

// A mapping of a queue has five pollers, each of which waits 20 seconds for a message:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
const (
	pollers  = 5
	pollTime = 20 * time.Second
)

// methodMetrics are Count, 4XXError, 5XXError, Latency and IntegrationLatency:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
const methodMetrics = 5

// Idle returns what resources use in a time in which nothing runs. It needs their types and properties only, so they need not
// exist.
func Idle(resources []Resource, during time.Duration) (all []Quantity) {
	hours, months := during.Hours(), float64(during)/float64(month)
	for i := range resources {
		r := &resources[i]
		add := func(price string, amount float64) {
			if amount > 0 {
				all = append(all, Quantity{price, r.Name, amount, true})
			}
		}
		switch {
		case r.polls():
			add("sqs.empty-receive", pollers*float64(during)/float64(pollTime))
		case r.is("kinesis/stream") && r.onDemand():
			add("kinesis.stream-hour", hours)
		case r.is("kinesis/stream"):
			add("kinesis.shard-hour", hours*r.number("shardCount"))
		case r.is("dynamodb/table") && !r.onDemand():
			add("dynamodb.write-hour", hours*r.number("writeCapacity"))
			add("dynamodb.read-hour", hours*r.number("readCapacity"))
		case r.is("cloudwatch/metricAlarm"):
			add("cloudwatch.alarm-month", months*float64(alarmMetrics(r)))
		case r.is("cloudwatch/compositeAlarm"):
			add("cloudwatch.composite-month", months)
		case r.is("cloudwatch/dashboard"):
			add("cloudwatch.dashboard-month", months)
		case r.is("kms/key"):
			add("kms.key-month", months)
		}
	}
	return all
}

// alarmMetrics is how many metrics an alarm compares, for each of which it is billed.
func alarmMetrics(r *Resource) (n int) {
	queries, _ := r.Properties["metricQueries"].([]any)
	for _, q := range queries {
		if m, ok := q.(map[string]any); ok && m["metric"] != nil {
			n++
		}
	}
	return max(n, 1)
}

// MethodMetrics returns what a month of detailed metrics costs, with values for each method: those of the APIs with
// metricsEnabled, or of all. AWS bills a metric for the hours in which it has values.
func MethodMetrics(resources []Resource, all bool) (used []Quantity) {
	enabled := map[string]bool{}
	for i := range resources {
		if r := &resources[i]; r.is("apigateway/methodSettings") {
			settings, _ := r.Properties["settings"].(map[string]any)
			enabled[r.Name] = settings["metricsEnabled"] == true
		}
	}
	for i := range resources {
		r := &resources[i]
		if !r.is("apigateway/restApi") || !all && !enabled[r.Name] {
			continue
		}
		var api struct {
			Paths map[string]map[string]json.RawMessage
		}
		_ = json.Unmarshal([]byte(r.text("body")), &api) // unknown before it is created
		methods := 0
		for _, path := range api.Paths {
			for method := range path {
				switch method {
				case "get", "post", "put", "delete", "patch", "head", "options":
					methods++
				}
			}
		}
		if methods > 0 {
			used = append(used, Quantity{"cloudwatch.metric-month", r.Name, float64(methodMetrics * methods), true})
		}
	}
	return used
}
