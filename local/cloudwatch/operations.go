package cloudwatch

import (
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
