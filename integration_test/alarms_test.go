package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// alarmOutputs are those of every pattern.
type alarmOutputs struct {
	Alarms        map[string]string `json:"alarms"`
	AlarmARN      string            `json:"alarmArn"`
	AlarmTopicARN string            `json:"alarmTopicArn"`
}

// TestEachAlarmFiresAndRecovers deploys all patterns on a cloud of their own, and causes each alarm in turn. Only this alarm and
// those that the same fault must cause are raised, with the pattern's alarm of alarms, and all are over when the fault is.
func TestEachAlarmFiresAndRecovers(t *testing.T) {
	deployApart(t, map[string]string{"pattern": "all", "shards": "1"})
	w := newAlarmWatch(t)
	patterns := slices.Sorted(maps.Keys(w.outputs))
	require.Len(t, patterns, 4)
	c := newCauses(t)
	for _, pattern := range patterns {
		for _, alarm := range w.inOrder(t, pattern) {
			ok := t.Run(pattern+" "+alarm.key, func(t *testing.T) { w.requireFiresAndRecovers(t, pattern, alarm, c.of(t, pattern, alarm)) })
			require.True(t, ok, "what comes next would not be alone")
		}
	}
}

// cause makes an alarm fire.
type cause struct {
	// start makes the fault, minute what happens in each minute of it, stop ends it. Each may be nil.
	start, minute, stop func()
	// also are other alarms of the pattern that the fault may cause, by the ends of their names.
	also []string
}

type patternAlarm struct {
	key   string // in the output
	alarm types.MetricAlarm
}

// metric is the first metric that the alarm watches, with the values of its dimensions.
func (a patternAlarm) metric() (name string, dimensions map[string]string) {
	namespace, metric, of := a.alarm.Namespace, a.alarm.MetricName, a.alarm.Dimensions
	if len(a.alarm.Metrics) > 0 {
		m := a.alarm.Metrics[0].MetricStat.Metric
		namespace, metric, of = m.Namespace, m.MetricName, m.Dimensions
	}
	dimensions = map[string]string{}
	for _, d := range of {
		dimensions[*d.Name] = *d.Value
	}
	return *namespace + " " + *metric, dimensions
}

// alarmWatch looks at the alarms of all patterns.
type alarmWatch struct {
	outputs  map[string]alarmOutputs
	names    map[string]string // pattern and key, by the name of an alarm
	notified *counter          // what CloudWatch has published to the alarms' topics
}

func newAlarmWatch(t *testing.T) *alarmWatch {
	t.Helper()
	w := &alarmWatch{names: map[string]string{}, notified: &counter{}}
	text, err := deployment.stack.Outputs(t.Context())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &w.outputs))
	for pattern, o := range w.outputs {
		require.NotEmpty(t, o.Alarms, pattern)
		w.names[o.AlarmARN[strings.LastIndex(o.AlarmARN, ":")+1:]] = pattern + " composite"
		for key, name := range o.Alarms {
			w.names[name] = pattern + " " + key
		}
		inject(t, fault.Rule{Action: "sns:Publish", Resource: o.AlarmTopicARN, Principal: "cloudwatch.amazonaws.com", When: fault.After,
			Do: func(context.Context, fault.Event) error { w.notified.Add(1); return nil }})
	}
	// An alarm is published once as OK when it has its first state.
	for len(w.alarms(t, types.StateValueInsufficientData)) > 0 {
		passMinute(t)
	}
	return w
}

// alarms describes the alarms in a state, those of alarms too.
func (w *alarmWatch) alarms(t *testing.T, state types.StateValue) (metric []types.MetricAlarm) {
	t.Helper()
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(awsConfig(t)), &cloudwatch.DescribeAlarmsInput{
		StateValue: state, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		metric = append(metric, page.MetricAlarms...)
		for _, a := range page.CompositeAlarms {
			metric = append(metric, types.MetricAlarm{AlarmName: a.AlarmName})
		}
	}
	return metric
}

// inOrder returns a pattern's alarms. The one whose cause needs days is the last.
func (w *alarmWatch) inOrder(t *testing.T, pattern string) (alarms []patternAlarm) {
	t.Helper()
	all := w.alarms(t, "")
	for key, name := range w.outputs[pattern].Alarms {
		i := slices.IndexFunc(all, func(a types.MetricAlarm) bool { return *a.AlarmName == name })
		require.NotEqual(t, -1, i, name)
		alarms = append(alarms, patternAlarm{key, all[i]})
	}
	slices.SortFunc(alarms, func(a, b patternAlarm) int { return strings.Compare(a.key, b.key) })
	slices.SortStableFunc(alarms, func(a, b patternAlarm) int {
		last := func(p patternAlarm) int { return strings.Count(p.key, "timed-out") }
		return last(a) - last(b)
	})
	return alarms
}

// now returns which alarms are raised, sorted.
func (w *alarmWatch) now(t *testing.T) (raised []string) {
	t.Helper()
	for _, a := range w.alarms(t, types.StateValueAlarm) {
		raised = append(raised, w.names[*a.AlarmName])
	}
	slices.Sort(raised)
	return raised
}

// requireFiresAndRecovers makes the fault last until the alarm is raised, and then waits until no alarm is.
func (w *alarmWatch) requireFiresAndRecovers(t *testing.T, pattern string, a patternAlarm, c cause) {
	require.Empty(t, w.now(t))
	w.notified.Store(0)
	var stopped bool
	stop := func() {
		if !stopped && c.stop != nil {
			c.stop()
		}
		stopped = true
	}
	defer stop()
	if c.start != nil {
		c.start()
	}
	want := []string{pattern + " " + a.key, pattern + " composite"}
	for _, end := range c.also {
		want = append(want, pattern+" "+end)
	}
	var raised []string
	seen := map[string]bool{}
	for minutes := 0; !slices.Contains(raised, pattern+" "+a.key) || !slices.Contains(raised, pattern+" composite"); minutes++ {
		require.Less(t, minutes, 60, "the alarm is not raised; these are: %s", raised)
		if c.minute != nil {
			c.minute()
		}
		passMinute(t)
		raised = w.now(t)
		require.Subset(t, want, raised, "only this alarm is raised")
		for _, name := range raised {
			seen[name] = true
		}
	}
	w.requireNotified(t, len(seen)-1)
	stop()
	for minutes := 0; len(raised) > 0; minutes++ {
		require.Less(t, minutes, 90, "alarms are not over: %s", raised)
		passMinute(t)
		raised = w.now(t)
		require.Subset(t, want, raised, "only this alarm is raised")
	}
	w.requireNotified(t, 2*(len(seen)-1))
	// While it has no newer data, an alarm looks at older periods again, in windows that move by a minute. So it may change once more.
	letPass(t, time.Hour)
	require.Empty(t, w.now(t), "an hour later")
}

// requireNotified asserts that CloudWatch has published n changes of alarms since the last one that was over. The alarm of alarms is
// never published.
func (w *alarmWatch) requireNotified(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d changes of alarms are published", n), func() bool { return int(w.notified.Load()) >= n })
}

func passMinute(t *testing.T) {
	t.Helper()
	letPass(t, time.Minute)
}

// letPass lets time pass when no function is running, so that none runs for so long.
func letPass(t *testing.T, d time.Duration) {
	t.Helper()
	require.NoError(t, wait{interval: time.Millisecond}.until("no function is running", func() (bool, error) {
		return idle(deployment.cloud, deployment.outputs.functions()), nil
	}))
	deployment.clock.Advance(d)
	// Alarms are evaluated when the timer of the minute has fired, by another goroutine.
	time.Sleep(5 * time.Millisecond)
}
