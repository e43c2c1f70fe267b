package metric_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
)

func setDefault(t testing.TB, w io.Writer) {
	t.Helper()
	log := slog.Default()
	t.Cleanup(func() { slog.SetDefault(log) })
	slog.SetDefault(slog.New(lambdaenv.NewLogHandler(w)))
}

// line logs an order that was rejected after 1.5 s, and returns the line.
func line(t *testing.T, values ...metric.Value) map[string]any {
	t.Helper()
	var out bytes.Buffer
	setDefault(t, &out)
	metric.Info(t.Context(), "order rejected", values, "orderId", "o1", "outcome", "rejected")
	var fields map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &fields), out.String())
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")))
	require.NotEmpty(t, fields["timestamp"])
	delete(fields, "timestamp")
	delete(fields, "pattern") // which is the log's, not the metric's
	return fields
}

const (
	stock  metric.Reason = "Stock"
	toDone metric.Timer  = "SecondsToDone"
)

func rejection() []metric.Value {
	return []metric.Value{metric.Reject(stock), metric.Seconds(toDone, 1500*time.Millisecond)}
}

func TestTheLineOfAnOutcomeIsAnEmbeddedMetricDocument(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	before := time.Now().UnixMilli()
	fields := line(t, rejection()...)
	aws := fields["_aws"].(map[string]any)
	require.GreaterOrEqual(t, aws["Timestamp"], float64(before))
	require.LessOrEqual(t, aws["Timestamp"], float64(time.Now().UnixMilli()))
	delete(fields, "_aws")
	require.Equal(t, map[string]any{
		"level": "INFO", "message": "order rejected", "orderId": "o1", "outcome": "rejected",
		"Pattern": "checker", "Rejected": 1.0, "Reason": "Stock", "SecondsToDone": 1.5,
	}, fields)
	directives, err := json.Marshal(aws["CloudWatchMetrics"])
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"Namespace":"OrderPatterns","Dimensions":[["Pattern"]],"Metrics":[{"Name":"SecondsToDone","Unit":"Seconds"}]},
		{"Namespace":"OrderPatterns","Dimensions":[["Pattern"],["Pattern","Reason"]],"Metrics":[{"Name":"Rejected","Unit":"Count"}]}
	]`, string(directives))
}

func TestSeveralMetricsOfOneDimensionShareADirective(t *testing.T) {
	t.Setenv("PATTERN", "fanout")
	fields := line(t, metric.Count("Stored"), metric.Seconds(toDone, -time.Second))
	require.EqualValues(t, 1, fields["Stored"])
	require.Zero(t, fields["SecondsToDone"], "clocks differ")
	require.Equal(t, []any{map[string]any{
		"Namespace": "OrderPatterns", "Dimensions": []any{[]any{"Pattern"}},
		"Metrics": []any{map[string]any{"Name": "Stored", "Unit": "Count"}, map[string]any{"Name": "SecondsToDone", "Unit": "Seconds"}},
	}}, fields["_aws"].(map[string]any)["CloudWatchMetrics"])
}

func TestWorkThatWasNeverAcceptedIsRejectedByReasonOnly(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	fields := line(t, metric.Refuse("Refused"))
	require.Equal(t, "Refused", fields["Reason"])
	require.Equal(t, []any{map[string]any{
		"Namespace": "OrderPatterns", "Dimensions": []any{[]any{"Pattern", "Reason"}},
		"Metrics": []any{map[string]any{"Name": "Rejected", "Unit": "Count"}},
	}}, fields["_aws"].(map[string]any)["CloudWatchMetrics"])
}

func TestTheNamespaceAndTheNamesAreTheProgramsOwn(t *testing.T) {
	t.Setenv("PATTERN", "gallery")
	t.Setenv("METRICS_NAMESPACE", `Pictures "of ours"`)
	fields := line(t, metric.Count("Resized ü"))
	require.EqualValues(t, 1, fields["Resized ü"])
	require.Equal(t, []any{map[string]any{
		"Namespace": `Pictures "of ours"`, "Dimensions": []any{[]any{"Pattern"}},
		"Metrics": []any{map[string]any{"Name": "Resized ü", "Unit": "Count"}},
	}}, fields["_aws"].(map[string]any)["CloudWatchMetrics"])
}

func TestWithoutAPatternOrAMetricTheLineIsAnOrdinaryOne(t *testing.T) {
	t.Setenv("PATTERN", "")
	ordinary := map[string]any{"level": "INFO", "message": "order rejected", "orderId": "o1", "outcome": "rejected"}
	require.Equal(t, ordinary, line(t, rejection()...))
	t.Setenv("PATTERN", "checker")
	require.Equal(t, ordinary, line(t))
}

func TestALineWithAMetricIsWrittenAtAnyLogLevel(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	for setting, want := range map[string]string{"DEBUG": "INFO", "INFO": "INFO", "WARN": "WARN", "ERROR": "ERROR"} {
		t.Setenv("AWS_LAMBDA_LOG_LEVEL", setting)
		require.Equal(t, want, line(t, metric.Count("Shipped"))["level"], "Lambda drops lines below %s", setting)
	}
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "ERROR")
	var out bytes.Buffer
	setDefault(t, &out)
	metric.Log(t.Context(), slog.LevelInfo, "not at ERROR", nil)
	t.Setenv("PATTERN", "")
	metric.Log(t.Context(), slog.LevelInfo, "not at ERROR", rejection())
	require.Empty(t, out.String())
}

func BenchmarkLine(b *testing.B) {
	for _, pattern := range []string{"", "checker"} {
		b.Run("pattern="+pattern, func(b *testing.B) {
			b.Setenv("PATTERN", pattern)
			setDefault(b, io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				metric.Info(b.Context(), "order shipped", []metric.Value{
					metric.Count("Shipped"), metric.Seconds(toDone, 1500*time.Millisecond),
				}, "orderId", "o1", "customerId", "c1", "messageId", "m1", "outcome", "shipped")
			}
		})
	}
	b.Run("slog", func(b *testing.B) {
		setDefault(b, io.Discard)
		b.ReportAllocs()
		for b.Loop() {
			slog.InfoContext(b.Context(), "order shipped", "orderId", "o1", "customerId", "c1", "messageId", "m1", "outcome", "shipped")
		}
	})
}
