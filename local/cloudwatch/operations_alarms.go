package cloudwatch

import (
	"maps"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

type describeAlarmsInput struct {
	AlarmNames, AlarmTypes      []string
	AlarmNamePrefix, StateValue string
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
		if len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, a.name) || !strings.HasPrefix(a.name, in.AlarmNamePrefix) ||
			in.StateValue != "" && in.StateValue != a.state {
			continue
		}
		d := n.describe().With(wire.Object{
			"AlarmName": a.name, "AlarmArn": a.arn(), "ActionsEnabled": true, "StateValue": a.state, "StateReason": a.reason,
			"StateUpdatedTimestamp": a.changed, "StateTransitionedTimestamp": a.changed, "AlarmConfigurationUpdatedTimestamp": a.configured,
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

func (s *Service) register() {
	s.RPC.JSON = wire.JSON{Target: "GraniteServiceVersion20100801", Version: "1.0"}
	wire.HandleAllowed(&s.JSON, "cloudwatch:ListMetrics", "*", s.listMetrics)
	wire.HandleAllowed(&s.JSON, "cloudwatch:GetMetricData", "*", s.getMetricData)
	wire.HandleAllowed(&s.JSON, "cloudwatch:DescribeAlarms", alarmARN("*"), s.describeAlarms)
}

type listMetricsInput struct {
	Namespace, MetricName *string
	Dimensions            []struct{ Name, Value *string }
}

// listMetrics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html, without pages.
func (s *Service) listMetrics(c *wire.Call, in *listMetricsInput) (wire.Object, error) {
	s.evaluate(c.Context())
	metrics := s.metrics.list(func(m *series) bool {
		return (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.MetricName) &&
			!slices.ContainsFunc(in.Dimensions, func(wanted struct{ Name, Value *string }) bool {
				return !slices.ContainsFunc(m.Dimensions, func(d dimension) bool {
					return d.Name == deref(wanted.Name) && (wanted.Value == nil || d.Value == *wanted.Value)
				})
			})
	})
	return wire.Object{"Metrics": metrics}, nil
}
