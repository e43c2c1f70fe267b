package cloudwatch

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
)

// BenchmarkMinute is one minute of a cloud with 150 alarms, half of which have data, and 50 gauges.
func BenchmarkMinute(b *testing.B) {
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 0))
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	a.Gauges = append(a.Gauges, func(_ time.Time, publish func(string, map[string]string, ...account.Value)) {
		for i := range 50 {
			publish("N", map[string]string{"QueueName": fmt.Sprint(i)}, account.Count("Visible", 0))
		}
	})
	s := New(a, Dependencies{})
	b.Cleanup(func() { _ = s.Close() })
	s.timer.Stop()
	for i := range 150 {
		namespace, name, statistic, treatment, period, threshold := "N", "Visible", "Maximum", "notBreaching", 60, 0.0
		in := &MetricAlarmArgs{Namespace: &namespace, MetricName: &name, Dimensions: map[string]string{"QueueName": fmt.Sprint(i - 75)},
			Statistic: &statistic, Period: &period, EvaluationPeriods: 5, Threshold: &threshold, TreatMissingData: &treatment,
			ComparisonOperator: "GreaterThanThreshold"}
		if _, err := s.create(in.watch(&alarm{name: fmt.Sprint(i)})); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		clock.Advance(time.Minute)
		s.evaluate(b.Context())
	}
}

// BenchmarkPublish is what an invocation of a function publishes.
func BenchmarkPublish(b *testing.B) {
	a := account.New(clockwork.NewRealClock(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	s := New(a, Dependencies{})
	b.Cleanup(func() { _ = s.Close() })
	for b.Loop() {
		a.Publish("AWS/Lambda", map[string]string{"FunctionName": "store-order"}, account.Count("Invocations", 1), account.Count("Errors", 0),
			account.Count("Throttles", 0), account.Milliseconds("Duration", 12345*time.Microsecond))
	}
}
