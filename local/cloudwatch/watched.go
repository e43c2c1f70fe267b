package cloudwatch

import (
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// What an alarm watches: a metric, or queries of which one returns data.

// onWire returns the queries as operations have them.
func (in *MetricAlarmArgs) onWire() []metricDataQuery {
	var list []metricDataQuery
	for _, q := range in.MetricQueries {
		flag := wire.Flag(q.ReturnData != nil && *q.ReturnData)
		out := metricDataQuery{Id: q.ID, Expression: q.Expression, Label: q.Label, ReturnData: &flag, Period: (*integer)(q.Period)}
		if m := q.Metric; m != nil {
			out.MetricStat = &metricStat{Metric: metric{deref(m.Namespace), m.MetricName, dimensionsOut(m.Dimensions)}, Period: integer(m.Period),
				Stat: m.Stat, Unit: m.Unit}
		}
		list = append(list, out)
	}
	return list
}

// watch sets what an alarm watches. The inputs were checked.
func (in *MetricAlarmArgs) watch(a *alarm) *alarm {
	a.metric = in
	if len(in.MetricQueries) == 0 {
		m := Metric{*in.Namespace, *in.MetricName, in.Dimensions}
		a.watched = "m"
		a.queries = queries{"m": {key: m.key(), unit: deref(in.Unit), stat: in.statistic(), period: time.Duration(*in.Period) * time.Second}}
		return a
	}
	list := in.onWire()
	a.queries, _ = compile(list)
	a.watched = list[slices.IndexFunc(list, func(q metricDataQuery) bool { return q.returns() })].Id
	return a
}

func (in *MetricAlarmArgs) checkQueries(c *provider.Checker) {
	for property, given := range map[string]bool{
		"metricName": in.MetricName != nil, "namespace": in.Namespace != nil, "period": in.Period != nil, "statistic": in.Statistic != nil,
		"extendedStatistic": in.ExtendedStatistic != nil, "dimensions": len(in.Dimensions) > 0, "unit": in.Unit != nil,
	} {
		if given {
			c.Failf(property, "must not be given with metricQueries")
		}
	}
	if c.Unknown("metricQueries") {
		return
	}
	qs, err := compile(in.onWire())
	if err != nil {
		c.Failf("metricQueries", "is not accepted: %v", err)
		return
	}
	var returning []string
	for _, q := range in.onWire() {
		if q.returns() {
			returning = append(returning, q.Id)
		}
	}
	if len(returning) != 1 {
		c.Failf("metricQueries", "must have one query with returnData, got %q", returning)
		return
	}
	in.checkRange(c, int(qs[returning[0]].period/time.Second))
}

func (in *MetricAlarmArgs) checkMetric(c *provider.Checker) {
	for property, missing := range map[string]bool{
		"metricName": in.MetricName == nil, "namespace": in.Namespace == nil, "period": in.Period == nil,
	} {
		if missing && !c.Unknown(property) {
			c.Failf(property, "is required without metricQueries")
		}
	}
	if in.Period != nil {
		if *in.Period < 60 || *in.Period%60 != 0 {
			c.Failf("period", "must be a multiple of 60, got %d: the embedded cloud keeps metrics by the minute", *in.Period)
		}
		in.checkRange(c, *in.Period)
	}
	c.OneOf("statistic", in.Statistic, plainStatistics...)
	c.Match("extendedStatistic", in.ExtendedStatistic, percentile, "p0.0 to p100")
	if (in.Statistic == nil) == (in.ExtendedStatistic == nil) && !c.Unknown("statistic") && !c.Unknown("extendedStatistic") {
		c.Failf("statistic", "must be given, or else extendedStatistic")
	}
	if len(in.Dimensions) > maxDimensions {
		c.Failf("dimensions", "must be at most %d, got %d", maxDimensions, len(in.Dimensions))
	}
}

// checkRange follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html. Longer periods
// than an hour may look back seven days on AWS.
func (in *MetricAlarmArgs) checkRange(c *provider.Checker, period int) {
	if period*in.EvaluationPeriods > 86400 {
		c.Failf("evaluationPeriods", "must be at most 86400 seconds together, got %d of %d seconds", in.EvaluationPeriods, period)
	}
}
