package cloudwatch

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) register() {
	s.RPC.Query.XMLNS, s.RPC.Query.Version = "http://monitoring.amazonaws.com/doc/2010-08-01/", "2010-08-01"
	s.RPC.JSON = wire.JSON{Target: "GraniteServiceVersion20100801", Version: "1.0"}
	wire.HandleRPC(&s.RPC, "PutMetricData", s.putMetricData)
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

type putMetricDataInput struct {
	Namespace  string
	MetricData []struct {
		MetricName, Unit string
		Dimensions       []dimension
		Timestamp        *wire.Time
		Value            *json.Number
		Values, Counts   []json.Number
	}
}

// putMetricData follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html.
func (s *Service) putMetricData(c *wire.Call, in *putMetricDataInput) (*struct{}, error) {
	if err := c.Authorize("cloudwatch:PutMetricData", "*", wire.WithKeys(map[string]string{"cloudwatch:namespace": in.Namespace})); err != nil {
		return nil, err
	}
	if in.Namespace == "" || len(in.MetricData) > 1000 {
		return nil, invalid("InvalidParameterValue", "The namespace must not be empty, and MetricData must have at most 1000 members")
	}
	var data []Datum
	for i, m := range in.MetricData {
		if m.MetricName == "" || len(m.Dimensions) > maxDimensions || (m.Value == nil) == (len(m.Values) == 0) ||
			len(m.Counts) > 0 && len(m.Counts) != len(m.Values) {
			return nil, invalid("InvalidParameterValue",
				"MetricData[%d] must have a MetricName, at most %d dimensions, and Value, or Values with as many Counts", i, maxDimensions)
		}
		d := Datum{Metric: Metric{in.Namespace, m.MetricName, dimensionsIn(m.Dimensions)}, Unit: m.Unit, Time: s.account.Clock.Now()}
		if m.Timestamp != nil {
			d.Time = m.Timestamp.Time
		}
		values := m.Values
		if m.Value != nil {
			values = []json.Number{*m.Value}
		}
		for k, v := range values {
			d.Value, _ = v.Float64() // a json.Number is a number
			if len(m.Counts) > 0 {
				d.Count, _ = m.Counts[k].Float64()
			}
			data = append(data, d)
		}
	}
	s.put(data...)
	return &struct{}{}, nil
}

type metric struct {
	Namespace, MetricName string
	Dimensions            []dimension `xml:"Dimensions>member"`
}

type listMetricsInput struct {
	Namespace, MetricName *string
	Dimensions            []struct{ Name, Value *string }
	RecentlyActive        *string
}

type listMetricsOutput struct {
	Metrics []metric `xml:"Metrics>member"`
}

// listMetrics follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html, without pages.
func (s *Service) listMetrics(c *wire.Call, in *listMetricsInput) (*listMetricsOutput, error) {
	if err := c.Authorize("cloudwatch:ListMetrics", "*"); err != nil {
		return nil, err
	}
	var since time.Time
	if in.RecentlyActive != nil {
		if *in.RecentlyActive != "PT3H" {
			return nil, invalid("InvalidParameterValue", "RecentlyActive must be PT3H")
		}
		since = s.account.Clock.Now().Add(-3 * time.Hour)
	}
	s.evaluate(c.Context())
	out := &listMetricsOutput{Metrics: []metric{}}
	for _, m := range s.metrics.list(func(m *series) bool {
		return (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.Name) &&
			!m.updated.Before(since) && !slices.ContainsFunc(in.Dimensions, func(d struct{ Name, Value *string }) bool {
			value, has := m.Dimensions[deref(d.Name)]
			return !has || d.Value != nil && *d.Value != value
		})
	}) {
		out.Metrics = append(out.Metrics, metric{m.Namespace, m.Name, dimensionsOut(m.Dimensions)})
	}
	return out, nil
}
