package cloudwatch

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExpressionHasNoValueWhereAnOperandHasNone(t *testing.T) {
	values := map[string]float64{"a": 6, "b": 2, "zero": 0}
	operand := func(id string) float64 {
		if v, ok := values[id]; ok {
			return v
		}
		return math.NaN()
	}
	for text, want := range map[string]any{
		"a + b * 2": 10.0, "(a - b) / 2": 2.0, "-a": -6.0, "a > b": 1.0, "a < b": 0.0, "a >= 6 && b != 2": 0.0, "a == 6 || b == 1": 1.0,
		"absent + 1": nil, "absent && zero": nil, "IF(zero, absent, 1)": nil, "a + FILL(absent, 0.5)": 6.5, "FILL(a, 1)": 6.0,
		"FILL(a + absent, -1)": -1.0, "IF(FILL(a, 0) > 0 && FILL(absent, 0) == 0, 1, 0)": 1.0, "IF(zero, a, b)": 2.0,
	} {
		f, _, err := parseFormula(text)
		require.NoError(t, err, text)
		v := f(operand)
		require.Equal(t, want != nil, !math.IsNaN(v), text)
		if want != nil {
			require.Equal(t, want, v, text)
		}
	}
	for _, text := range []string{"", "a +", "SUM(a)", "a ^ 2", `"a"`, "IF(a, b)", "a.b(1)", "FILL(a)", "!a", "a AND b"} {
		_, _, err := parseFormula(text)
		require.Error(t, err, text)
	}
}

func TestQueriesAreChecked(t *testing.T) {
	expression := func(id, text string) metricDataQuery { return metricDataQuery{Id: id, Expression: &text} }
	ofM := func(id string, period int) metricDataQuery {
		return metricDataQuery{Id: id, MetricStat: &metricStat{Metric: metric{"N", "M", nil}, Period: period, Stat: "Sum"}}
	}
	for want, list := range map[string][]metricDataQuery{
		`no metric with the id "m2"`:  {ofM("m1", 60), expression("e", "m1 + m2")},
		`no metric with the id "e2"`:  {expression("e1", "e2"), expression("e2", "e1")},
		"same period":                 {ofM("m1", 60), ofM("m2", 300), expression("e", "m1 + m2")},
		"without metrics":             {expression("e", "1")},
		"begins with a small letter":  {ofM("M", 60)},
		"occurs once":                 {ofM("m", 60), ofM("m", 60)},
		"multiple of 60":              {ofM("m", 90)},
		"either a metric or an expre": {{Id: "m"}},
	} {
		_, err := compile(list)
		require.ErrorContains(t, err, want)
	}
	qs, err := compile([]metricDataQuery{expression("e2", "m1 / m1 * 2"), ofM("m1", 300)})
	require.NoError(t, err)
	require.Equal(t, 5*time.Minute, qs["e2"].period)
	now := time.Unix(1200, 0)
	st := &store{series: map[string]*series{}}
	_, ok := qs.value(st, "e2", now)
	require.False(t, ok)
	st.put(&datum{metric{"N", "M", nil}, "", now, 3}, now)
	v, ok := qs.value(st, "e2", now)
	require.True(t, ok)
	require.Equal(t, 2.0, v)
	st.put(&datum{metric{"N", "M", nil}, "", now, -3}, now)
	_, ok = qs.value(st, "e2", now)
	require.False(t, ok, "0 / 0 is no value")
}
