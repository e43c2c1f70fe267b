package cloudwatch

import (
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

type describeAlarmsInput struct {
	AlarmNames, AlarmTypes      []string
	AlarmNamePrefix, StateValue string
}

// describedAlarm is an alarm of either type.
type describedAlarm struct {
	AlarmName, AlarmArn                string
	AlarmDescription                   *string
	ActionsEnabled                     bool
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	StateValue, StateReason            string
	StateUpdatedTimestamp              time.Time
	StateTransitionedTimestamp         time.Time
	AlarmConfigurationUpdatedTimestamp time.Time
	*condition                         // of a metric alarm
	AlarmRule                          *string
}

// condition is that of a metric alarm, in descriptions and notifications.
type condition struct {
	MetricName         *string `json:",omitempty"`
	Namespace          *string `json:",omitempty"`
	Statistic          *string `json:",omitempty"`
	ExtendedStatistic  *string `json:",omitempty"`
	Dimensions         []dimension
	Metrics            []metricDataQuery `json:",omitempty"`
	Period             *int              `json:",omitempty"`
	EvaluationPeriods  int
	DatapointsToAlarm  *int `json:",omitempty"`
	Threshold          float64
	ComparisonOperator string
	TreatMissingData   *string `json:",omitempty"`
}

func (in *MetricAlarmArgs) condition() *condition {
	return &condition{
		MetricName: in.MetricName, Namespace: in.Namespace, Statistic: in.Statistic, ExtendedStatistic: in.ExtendedStatistic,
		Dimensions: dimensionsOf(in.Dimensions), Metrics: in.onWire(), Period: in.Period,
		EvaluationPeriods: in.EvaluationPeriods, DatapointsToAlarm: in.DatapointsToAlarm, Threshold: *in.Threshold,
		ComparisonOperator: in.ComparisonOperator, TreatMissingData: in.TreatMissingData,
	}
}

type describeAlarmsOutput struct {
	CompositeAlarms []describedAlarm
	MetricAlarms    []describedAlarm
}

// describeAlarms follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html, without
// pages. Without AlarmTypes it returns only metric alarms.
func (s *Service) describeAlarms(c *wire.Call, in *describeAlarmsInput) (*describeAlarmsOutput, error) {
	if err := c.Authorize("cloudwatch:DescribeAlarms", alarmARN("*")); err != nil {
		return nil, err
	}
	s.evaluate(c.Context())
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeAlarmsOutput{CompositeAlarms: []describedAlarm{}, MetricAlarms: []describedAlarm{}}
	for _, a := range s.sorted() {
		n := a.notifications()
		if len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, a.name) || !strings.HasPrefix(a.name, in.AlarmNamePrefix) ||
			in.StateValue != "" && in.StateValue != a.state {
			continue
		}
		d := describedAlarm{
			AlarmName: a.name, AlarmArn: a.arn(), AlarmDescription: n.AlarmDescription,
			ActionsEnabled: true, OKActions: list(n.OKActions), AlarmActions: list(n.AlarmActions), InsufficientDataActions: []string{},
			StateValue: a.state, StateReason: a.reason, StateUpdatedTimestamp: a.changed.UTC(), StateTransitionedTimestamp: a.changed.UTC(),
			AlarmConfigurationUpdatedTimestamp: a.configured.UTC(),
		}
		switch {
		case a.composite != nil && slices.Contains(in.AlarmTypes, "CompositeAlarm"):
			d.AlarmRule = &a.composite.AlarmRule
			out.CompositeAlarms = append(out.CompositeAlarms, d)
		case a.metric != nil && (len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, "MetricAlarm")):
			d.condition = a.metric.condition()
			out.MetricAlarms = append(out.MetricAlarms, d)
		}
	}
	return out, nil
}

func (s *Service) register() {
	s.RPC.JSON = wire.JSON{Target: "GraniteServiceVersion20100801", Version: "1.0"}
	wire.Handle(&s.RPC.JSON, "ListMetrics", s.listMetrics)
	wire.Handle(&s.RPC.JSON, "GetMetricData", s.getMetricData)
	wire.Handle(&s.RPC.JSON, "GetMetricStatistics", s.getMetricStatistics)
	wire.Handle(&s.RPC.JSON, "DescribeAlarms", s.describeAlarms)
}

type listMetricsInput struct {
	Namespace, MetricName *string
	Dimensions            []struct{ Name, Value *string }
}

type listMetricsOutput struct {
	Metrics []metric
}

// listMetrics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html, without pages.
func (s *Service) listMetrics(c *wire.Call, in *listMetricsInput) (*listMetricsOutput, error) {
	if err := c.Authorize("cloudwatch:ListMetrics", "*"); err != nil {
		return nil, err
	}
	s.evaluate(c.Context())
	out := &listMetricsOutput{Metrics: []metric{}}
	out.Metrics = append(out.Metrics, s.metrics.list(func(m *series) bool {
		return (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.MetricName) &&
			!slices.ContainsFunc(in.Dimensions, func(wanted struct{ Name, Value *string }) bool {
				return !slices.ContainsFunc(m.Dimensions, func(d dimension) bool {
					return d.Name == deref(wanted.Name) && (wanted.Value == nil || d.Value == *wanted.Value)
				})
			})
	})...)
	return out, nil
}
