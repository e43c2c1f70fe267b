package cloudwatch

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// extraPeriods is how many periods more than it needs an alarm looks at when data is missing. In AWS's examples an alarm of
// three periods looks at five.
const extraPeriods = 2

// point is the value of a period, which begins at a time.
type point struct {
	at    time.Time
	value float64
	known bool
}

// recent returns the values of an alarm's evaluation range, the newest first. The periods end at the given time: by default
// the window of an alarm slides with every evaluation.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
func (a *alarm) recent(st *store, at time.Time) []point {
	n := a.metric.EvaluationPeriods + extraPeriods
	points := make([]point, 0, n)
	for range n {
		at = at.Add(-a.queries[a.watched].period)
		v, ok := a.queries.value(st, a.watched, at)
		points = append(points, point{at, v, ok})
	}
	return points
}

var operators = map[string]func(value, threshold float64) bool{
	"GreaterThanThreshold":          func(v, t float64) bool { return v > t },
	"GreaterThanOrEqualToThreshold": func(v, t float64) bool { return v >= t },
	"LessThanThreshold":             func(v, t float64) bool { return v < t },
	"LessThanOrEqualToThreshold":    func(v, t float64) bool { return v <= t },
}

// decide returns the state that follows from the values of the evaluation range, the newest first:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
func (in *MetricAlarmArgs) decide(points []point, current string) string {
	known, breaching, oldest := in.considered(points)
	missing := in.EvaluationPeriods - known
	switch treatment := in.missing(); {
	case missing > 0 && treatment == "breaching":
		breaching += missing
	case missing > 0 && treatment == "notBreaching":
	case known == 0 && treatment == "missing":
		return stateInsufficient
	// The alarm keeps its state unless a value is not breaching.
	case missing > 0 && treatment == "ignore" && breaching == known:
		return current
	// All values are breaching, and the oldest is old enough: AWS calls this the premature alarm state.
	case missing > 0 && breaching == known && oldest >= in.datapoints():
		return stateAlarm
	}
	if breaching >= in.datapoints() {
		return stateAlarm
	}
	return stateOK
}

// considered counts the newest known values, at most as many as the alarm evaluates, and those of them that are breaching.
// oldest is the age of the oldest one in periods: 1 for the last period.
func (in *MetricAlarmArgs) considered(points []point) (known, breaching, oldest int) {
	for i, p := range points {
		if p.known && known < in.EvaluationPeriods {
			known, oldest = known+1, i+1
			if operators[in.ComparisonOperator](p.value, *in.Threshold) {
				breaching++
			}
		}
	}
	return known, breaching, oldest
}

func (in *MetricAlarmArgs) reason(points []point) string {
	known, breaching, _ := in.considered(points)
	if known == 0 {
		return fmt.Sprintf("Insufficient Data: the last %d datapoints are missing and treated as [%s].", in.EvaluationPeriods, in.missing())
	}
	var values []string
	for _, p := range points {
		if p.known && len(values) < known {
			values = append(values, fmt.Sprintf("%g (%s)", p.value, p.at.UTC().Format("02/01/06 15:04:05")))
		}
	}
	return fmt.Sprintf("Threshold Crossed: %d of the last %d datapoints %v breach %s (%g); %d of %d raise the alarm.",
		breaching, known, values, in.ComparisonOperator, *in.Threshold, in.datapoints(), in.EvaluationPeriods)
}

func (in *MetricAlarmArgs) datapoints() int {
	return cmp.Or(aws.ToInt(in.DatapointsToAlarm), in.EvaluationPeriods)
}

// missing is how missing data is treated. Metrics of DynamoDB have another default, as the page of decide says.
func (in *MetricAlarmArgs) missing() string {
	if in.TreatMissingData == nil && aws.ToString(in.Namespace) == "AWS/DynamoDB" {
		return "ignore"
	}
	return cmp.Or(aws.ToString(in.TreatMissingData), "missing")
}
