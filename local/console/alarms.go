package console

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Alarm is a metric alarm that is raised.
type Alarm struct {
	Name        string    `json:"name"`
	State       string    `json:"state"`
	Description string    `json:"description"`
	Since       time.Time `json:"since"`
	Node        string    `json:"node"` // whose metric it watches, or ""
}

// alarms reads the alarms that are raised. Composite alarms only repeat those of metrics.
func (s *sampler) alarms(ctx context.Context, live *Live) error {
	live.Alarms = []Alarm{}
	out, err := s.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm})
	if err != nil {
		return err
	}
	for _, a := range out.MetricAlarms {
		node := s.drawn.watched(a)
		live.Alarms = append(live.Alarms, Alarm{
			*a.AlarmName, string(a.StateValue), aws.ToString(a.AlarmDescription), aws.ToTime(a.StateTransitionedTimestamp), node,
		})
		if at := live.Nodes[node]; at != nil {
			at.Alarms = append(at.Alarms, *a.AlarmName)
		}
	}
	return nil
}

// watched is the node that the dimensions of an alarm name, which are those of its metric, or of the metrics of its expression.
func (g *graph) watched(a types.MetricAlarm) string {
	dimensions := a.Dimensions
	for _, q := range a.Metrics {
		if q.MetricStat != nil {
			dimensions = append(dimensions, q.MetricStat.Metric.Dimensions...)
		}
	}
	for id, n := range g.nodes {
		if slices.ContainsFunc(dimensions, func(d types.Dimension) bool {
			return *d.Name == metricsOf[n.Kind].dimension && *d.Value == n.dimension()
		}) {
			return id
		}
	}
	return ""
}
