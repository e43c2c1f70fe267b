package cloudwatch

import (
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

type getMetricStatisticsInput struct {
	metric
	StartTime, EndTime wire.Time
	Period             integer // seconds
	Statistics         []string
	Unit               *string
}

type datapoint struct {
	Timestamp                                   time.Time
	Average, Maximum, Minimum, SampleCount, Sum *float64
	Unit                                        *string // that of the request
}

type getMetricStatisticsOutput struct {
	Label      string
	Datapoints []datapoint `xml:"Datapoints>member"`
}

// getMetricStatistics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html,
// without percentiles.
func (s *Service) getMetricStatistics(c *wire.Call, in *getMetricStatisticsInput) (*getMetricStatisticsOutput, error) {
	if err := c.Authorize("cloudwatch:GetMetricStatistics", "*"); err != nil {
		return nil, err
	}
	if in.Period < 60 || in.Period%60 != 0 || len(in.Statistics) == 0 {
		return nil, invalid("InvalidParameterValue", "Period must be a multiple of 60, and Statistics must not be empty")
	}
	s.evaluate(c.Context())
	key, period := in.metric.key(), time.Duration(in.Period)*time.Second
	out := &getMetricStatisticsOutput{Label: in.MetricName, Datapoints: []datapoint{}}
	for from := range s.periods(in.StartTime.Time, in.EndTime.Time, period) {
		p := datapoint{Timestamp: from, Unit: in.Unit}
		known := false
		for name, to := range map[string]**float64{"Average": &p.Average, "Maximum": &p.Maximum, "Minimum": &p.Minimum,
			"SampleCount": &p.SampleCount, "Sum": &p.Sum} {
			if v, ok := s.metrics.value(key, deref(in.Unit), name, from, from.Add(period)); ok && slices.Contains(in.Statistics, name) {
				*to, known = &v, true
			}
		}
		if known {
			out.Datapoints = append(out.Datapoints, p)
		}
	}
	return out, nil
}
