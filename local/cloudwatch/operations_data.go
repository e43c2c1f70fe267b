package cloudwatch

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

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
	results := []wire.Object{}
	for _, q := range in.MetricDataQueries {
		if !q.returns() {
			continue
		}
		name := q.Id
		if q.MetricStat != nil {
			name = q.MetricStat.Metric.MetricName
		}
		times, values := []time.Time{}, []float64{}
		for from := range s.periods(in.StartTime.Time, in.EndTime.Time, qs[q.Id].period) {
			if v, ok := qs.value(&s.metrics, q.Id, from); ok {
				times, values = append(times, from), append(values, v)
			}
		}
		if in.ScanBy != "TimestampAscending" {
			slices.Reverse(times)
			slices.Reverse(values)
		}
		results = append(results, wire.Object{
			"Id": q.Id, "Label": cmp.Or(deref(q.Label), name), "StatusCode": "Complete", "Timestamps": times, "Values": values,
		})
	}
	return wire.Object{"MetricDataResults": results}, nil
}

// periods returns the starts of the periods from start to before end, where there can be data: a start long ago would take long.
func (s *Service) periods(start, end time.Time, period time.Duration) iter.Seq[time.Time] {
	now := s.account.Clock.Now()
	if oldest := now.Add(-retention); start.Before(oldest) {
		start = oldest
	}
	if newest := now.Add(maxAhead); end.After(newest) {
		end = newest
	}
	seconds := int64(period / time.Second)
	return func(yield func(time.Time) bool) {
		for from := time.Unix(start.Unix()/seconds*seconds, 0).UTC(); from.Before(end) && yield(from); from = from.Add(period) {
		}
	}
}
