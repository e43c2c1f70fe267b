package cloudwatch

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) register() {
	s.RPC.Query.XMLNS, s.RPC.Query.Version = "http://monitoring.amazonaws.com/doc/2010-08-01/", "2010-08-01"
	s.RPC.JSON = wire.JSON{Target: "GraniteServiceVersion20100801", Version: "1.0"}
	wire.HandleRPC(&s.RPC, "ListMetrics", s.listMetrics)
	wire.HandleRPC(&s.RPC, "GetMetricData", s.getMetricData)
	wire.HandleRPC(&s.RPC, "GetMetricStatistics", s.getMetricStatistics)
	wire.HandleRPC(&s.RPC, "DescribeAlarms", s.describeAlarms)
	wire.HandleRPC(&s.RPC, "SetAlarmState", s.setAlarmState)
}

// dimension has the names of notifications in JSON, which is read whatever the case.
type dimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// dimensionsOut returns dimensions by name.
func dimensionsOut(dimensions map[string]string) []dimension {
	list := []dimension{}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, dimension{name, dimensions[name]})
	}
	return list
}

func dimensionsIn(list []dimension) map[string]string {
	dimensions := map[string]string{}
	for _, d := range list {
		dimensions[d.Name] = d.Value
	}
	return dimensions
}

type metric struct {
	Namespace, MetricName string
	Dimensions            []dimension `xml:"Dimensions>member"`
}

type listMetricsInput struct {
	Namespace, MetricName *string
	Dimensions            []struct{ Name, Value *string }
}

type listMetricsOutput struct {
	Metrics []metric `xml:"Metrics>member"`
}

// listMetrics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html, without pages.
func (s *Service) listMetrics(c *wire.Call, in *listMetricsInput) (*listMetricsOutput, error) {
	if err := c.Authorize("cloudwatch:ListMetrics", "*"); err != nil {
		return nil, err
	}
	s.evaluate(c.Context())
	out := &listMetricsOutput{Metrics: []metric{}}
	for _, m := range s.metrics.list(func(m *series) bool {
		return (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.Name) &&
			!slices.ContainsFunc(in.Dimensions, func(d struct{ Name, Value *string }) bool {
				value, has := m.Dimensions[deref(d.Name)]
				return !has || d.Value != nil && *d.Value != value
			})
	}) {
		out.Metrics = append(out.Metrics, metric{m.Namespace, m.Name, dimensionsOut(m.Dimensions)})
	}
	return out, nil
}
