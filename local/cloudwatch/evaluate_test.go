package cloudwatch

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: the newest value
// is on the right, 0 is not breaching, X is breaching, - is missing. "same" is that the alarm keeps its state.
func TestStateFollowsFromTheValuesAsInAWSsTables(t *testing.T) {
	const same = "same"
	for _, c := range []struct {
		m                                        int
		values                                   string
		missing, ignore, breaching, notBreaching string
	}{
		{3, "0-X-X", stateOK, stateOK, stateOK, stateOK},
		{3, "0----", stateOK, stateOK, stateOK, stateOK},
		{3, "-----", stateInsufficient, same, stateAlarm, stateOK},
		{3, "0XX-X", stateAlarm, stateAlarm, stateAlarm, stateAlarm},
		{3, "--X--", stateAlarm, same, stateAlarm, stateOK},
		{2, "0-X-X", stateAlarm, stateAlarm, stateAlarm, stateAlarm},
		{2, "00X0X", stateAlarm, stateAlarm, stateAlarm, stateAlarm},
		{2, "0-X--", stateOK, stateOK, stateAlarm, stateOK},
		{2, "----0", stateOK, stateOK, stateAlarm, stateOK},
		{2, "---X-", stateAlarm, same, stateAlarm, stateOK},
	} {
		var points []point
		for i := len(c.values) - 1; i >= 0; i-- {
			p := point{known: c.values[i] != '-'}
			if c.values[i] == 'X' {
				p.value = 1
			}
			points = append(points, p)
		}
		for treatment, want := range map[string]string{
			"missing": c.missing, "ignore": c.ignore, "breaching": c.breaching, "notBreaching": c.notBreaching,
		} {
			threshold, namespace := 0.5, "N"
			in := &MetricAlarmArgs{ComparisonOperator: "GreaterThanThreshold", Threshold: &threshold, EvaluationPeriods: 3,
				DatapointsToAlarm: &c.m, TreatMissingData: &treatment, Namespace: &namespace}
			require.Equal(t, want, in.decide(points, same), "%d of 3, %s, %s", c.m, c.values, treatment)
		}
	}
}

func TestPercentileIsOnePercentOffAtMost(t *testing.T) {
	var s statistics
	for i := 1; i <= 1000; i++ {
		s.merge(&statistics{sum: float64(i), count: 1, min: float64(i), max: float64(i)})
	}
	require.InEpsilon(t, 500, s.value("p50"), 0.011)
	require.InEpsilon(t, 990, s.value("p99"), 0.011)
	require.InEpsilon(t, 1000, s.value("p100"), 0.011)
	require.InDelta(t, 500.5, s.value("Average"), 1e-9)
}

func TestAlarmRule(t *testing.T) {
	for text, want := range map[string][]string{
		`ALARM("a")`:                          {"a"},
		`ALARM(a) OR ALARM( "b c" )`:          {"a", "b c"},
		`ALARM(` + alarmARN("a") + `)`:        {"a"},
		"ALARM(a)\n OR ALARM(b) OR ALARM(c) ": {"a", "b", "c"},
	} {
		children, err := parseRule(text)
		require.NoError(t, err, text)
		require.Equal(t, want, children)
	}
	for _, text := range []string{``, `ALARM`, `ALARM(a`, `ALARM("a)`, `a`, `ALARM(a) ALARM(b)`, `ALARM(a) XOR ALARM(b)`, `TRUE`, `NOT ALARM(a)`, `OK(a)`, `ALARM(a) AND ALARM(b)`, `ALARM(a) OR`} {
		_, err := parseRule(text)
		require.ErrorContains(t, err, "terms ALARM(name) joined by OR", text)
	}
}

func TestReasonOfMissingData(t *testing.T) {
	namespace, treatment := "N", "notBreaching"
	in := &MetricAlarmArgs{EvaluationPeriods: 2, Namespace: &namespace, TreatMissingData: &treatment}
	require.Equal(t, "Insufficient Data: the last 2 datapoints are missing and treated as [notBreaching].", in.reason(nil))
}
