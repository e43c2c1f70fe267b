package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) register() {
	s.RPC.JSON = wire.JSON{Target: "GraniteServiceVersion20100801", Version: "1.0"}
	wire.HandleAllowed(&s.JSON, "cloudwatch:ListMetrics", "*", s.listMetrics)
	wire.HandleAllowed(&s.JSON, "cloudwatch:GetMetricData", "*", s.getMetricData)
	wire.HandleAllowed(&s.JSON, "cloudwatch:DescribeAlarms", alarmARN("*"), s.describeAlarms)
}

type describeAlarmsInput struct {
	AlarmNames, AlarmTypes []string
	StateValue             string
}

func (in *MetricAlarmArgs) condition() wire.Object {
	return wire.Object{
		"Dimensions": dimensionsOf(in.Dimensions), "EvaluationPeriods": in.EvaluationPeriods, "Threshold": *in.Threshold,
		"ComparisonOperator": in.ComparisonOperator,
	}.With(wire.Object{
		"MetricName": in.MetricName, "Namespace": in.Namespace, "Statistic": in.Statistic, "ExtendedStatistic": in.ExtendedStatistic,
		"Metrics": in.onWire(), "Period": in.Period, "DatapointsToAlarm": in.DatapointsToAlarm, "TreatMissingData": in.TreatMissingData,
	})
}

// describeAlarms follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html, without
// pages. Without AlarmTypes it returns only metric alarms.
func (s *Service) describeAlarms(c *wire.Call, in *describeAlarmsInput) (wire.Object, error) {
	s.evaluate(c.Context())
	s.mu.Lock()
	defer s.mu.Unlock()
	composites, metrics := []wire.Object{}, []wire.Object{}
	for _, a := range s.sorted() {
		n := a.notifications()
		if len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, a.name) ||
			in.StateValue != "" && in.StateValue != a.state {
			continue
		}
		d := n.describe().With(wire.Object{
			"AlarmName": a.name, "AlarmArn": a.arn(), "ActionsEnabled": true, "StateValue": a.state, "StateReason": a.reason,
			"StateUpdatedTimestamp": wire.Time{Time: a.changed}, "StateTransitionedTimestamp": wire.Time{Time: a.changed},
			"AlarmConfigurationUpdatedTimestamp": wire.Time{Time: a.configured},
		})
		switch {
		case a.composite != nil && slices.Contains(in.AlarmTypes, "CompositeAlarm"):
			d["AlarmRule"] = a.composite.AlarmRule
			composites = append(composites, d)
		case a.metric != nil && (len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, "MetricAlarm")):
			maps.Copy(d, a.metric.condition())
			metrics = append(metrics, d)
		}
	}
	return wire.Object{"CompositeAlarms": composites, "MetricAlarms": metrics}, nil
}

type listMetricsInput struct {
	Namespace, MetricName *string
	Dimensions            []struct{ Name, Value *string }
}

// listMetrics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html, without pages.
func (s *Service) listMetrics(c *wire.Call, in *listMetricsInput) (wire.Object, error) {
	s.evaluate(c.Context())
	s.metrics.mu.Lock()
	defer s.metrics.mu.Unlock()
	metrics := []metric{}
	for _, key := range slices.Sorted(maps.Keys(s.metrics.series)) {
		m := s.metrics.series[key].metric
		lacks := func(wanted struct{ Name, Value *string }) bool {
			return !slices.ContainsFunc(m.Dimensions, func(d dimension) bool {
				return d.Name == aws.ToString(wanted.Name) && (wanted.Value == nil || d.Value == *wanted.Value)
			})
		}
		if (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.MetricName) &&
			!slices.ContainsFunc(in.Dimensions, lacks) {
			metrics = append(metrics, m)
		}
	}
	return wire.Object{"Metrics": metrics}, nil
}

// metricDataQuery is the query on the wire, also in descriptions and notifications of alarms.
type metricDataQuery struct {
	Id                string
	Expression, Label *string     `json:",omitempty"`
	MetricStat        *metricStat `json:",omitempty"`
	Period            *int        `json:",omitempty"` // seconds, of an expression
	ReturnData        *bool       `json:",omitempty"` // true
}

type metricStat struct {
	Metric metric
	Period int // seconds
	Stat   string
	Unit   types.StandardUnit `json:",omitempty"` // returns only values that have it
}

func (q *metricDataQuery) returns() bool { return q.ReturnData == nil || *q.ReturnData }

type getMetricDataInput struct {
	StartTime, EndTime wire.Time
	ScanBy             string
	MetricDataQueries  []metricDataQuery
}

// getMetricData follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html, without pages.
func (s *Service) getMetricData(c *wire.Call, in *getMetricDataInput) (wire.Object, error) {
	if !in.StartTime.Before(in.EndTime.Time) || len(in.MetricDataQueries) > 500 {
		return nil, invalid("ValidationError", "StartTime must be before EndTime, and there can be at most 500 queries")
	}
	qs, err := compile(in.MetricDataQueries)
	if err != nil {
		return nil, invalid("ValidationError", "%v", err)
	}
	s.evaluate(c.Context())
	// A start long ago would take long: there are no values beyond these times.
	now := s.account.Clock.Now()
	start := slices.MaxFunc([]time.Time{in.StartTime.Time, now.Add(-retention)}, time.Time.Compare)
	end := slices.MinFunc([]time.Time{in.EndTime.Time, now.Add(maxAhead)}, time.Time.Compare)
	results := []wire.Object{}
	for _, q := range in.MetricDataQueries {
		if !q.returns() {
			continue
		}
		name := q.Id
		if q.MetricStat != nil {
			name = q.MetricStat.Metric.MetricName
		}
		times, values := []wire.Time{}, []float64{}
		period := qs[q.Id].period
		seconds := int64(period / time.Second)
		for from := time.Unix(start.Unix()/seconds*seconds, 0).UTC(); from.Before(end); from = from.Add(period) {
			if v, ok := qs.value(&s.metrics, q.Id, from); ok {
				times, values = append(times, wire.Time{Time: from}), append(values, v)
			}
		}
		if in.ScanBy != "TimestampAscending" {
			slices.Reverse(times)
			slices.Reverse(values)
		}
		results = append(results, wire.Object{
			"Id": q.Id, "Label": cmp.Or(aws.ToString(q.Label), name), "StatusCode": "Complete", "Timestamps": times, "Values": values,
		})
	}
	return wire.Object{"MetricDataResults": results}, nil
}
