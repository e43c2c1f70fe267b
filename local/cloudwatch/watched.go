package cloudwatch

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/provider"
)

// onWire are the queries of an alarm, of which one returns data. An alarm on one metric has none.
func (in *MetricAlarmArgs) onWire() []metricDataQuery {
	var list []metricDataQuery
	for _, q := range in.MetricQueries {
		flag := q.ReturnData != nil && *q.ReturnData
		out := metricDataQuery{Id: q.ID, Expression: q.Expression, Label: q.Label, ReturnData: &flag, Period: q.Period}
		if m := q.Metric; m != nil {
			out.MetricStat = &metricStat{Metric: metric{aws.ToString(m.Namespace), m.MetricName, dimensionsOf(m.Dimensions)}, Period: m.Period, Stat: m.Stat}
		}
		list = append(list, out)
	}
	return list
}

// watch sets what an alarm watches. The inputs were checked.
func (in *MetricAlarmArgs) watch(a *alarm) *alarm {
	a.metric = in
	a.queries, a.watched, _ = in.queries()
	return a
}

// queries returns what the alarm evaluates, and the id of the query that it compares with the threshold.
func (in *MetricAlarmArgs) queries() (qs queries, watched string, err error) {
	list := in.onWire()
	if len(list) == 0 {
		m := metric{aws.ToString(in.Namespace), aws.ToString(in.MetricName), dimensionsOf(in.Dimensions)}
		list = []metricDataQuery{{Id: "m", MetricStat: &metricStat{Metric: m, Stat: cmp.Or(aws.ToString(in.Statistic), aws.ToString(in.ExtendedStatistic))}}}
		if in.Period != nil {
			list[0].MetricStat.Period = *in.Period
		}
	}
	if qs, err = compile(list); err != nil {
		return nil, "", err
	}
	for _, q := range list {
		if q.returns() && watched != "" {
			return nil, "", errors.New("more than one query returns data")
		} else if q.returns() {
			watched = q.Id
		}
	}
	if watched == "" {
		return nil, "", errors.New("no query returns data")
	}
	return qs, watched, nil
}

func (in *MetricAlarmArgs) checkWatched(c *provider.Checker) {
	c.OneOf("statistic", in.Statistic, plainStatistics...)
	c.Match("extendedStatistic", in.ExtendedStatistic, percentile, "p0.0 to p100")
	if slices.ContainsFunc([]string{"metricQueries", "metricName", "namespace", "period", "statistic", "extendedStatistic"}, c.Unknown) {
		return
	}
	one := in.MetricName != nil && in.Namespace != nil && in.Period != nil && (in.Statistic == nil) != (in.ExtendedStatistic == nil)
	if one == (len(in.MetricQueries) > 0) {
		c.Failf("metricName", "is required with namespace, period, and statistic or extendedStatistic, or else metricQueries")
		return
	}
	qs, watched, err := in.queries()
	if err != nil {
		c.Failf(map[bool]string{true: "period", false: "metricQueries"}[one], "is not accepted: %v", err)
		return
	}
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html. Longer periods than an hour may look
	// back seven days on AWS.
	if all := qs[watched].period * time.Duration(in.EvaluationPeriods); all > 24*time.Hour {
		c.Failf("evaluationPeriods", "must be at most 24 hours together, got %s", all)
	}
}
