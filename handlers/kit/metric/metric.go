// Package metric counts pieces of work with CloudWatch's embedded metric format: the log line about an outcome is also the document from
// which CloudWatch Logs extracts the metrics. This needs no call and no permission.
//
// The program chooses the names of counters, timers and reasons. Two environment variables configure the rest:
//
//   - PATTERN is the value of the dimension Pattern, which all metrics have. The components set it to the name of the component. Without it, a
//     line is an ordinary log line, and nothing is counted.
//   - METRICS_NAMESPACE is the namespace. Default [DefaultNamespace].
//
// The counter Rejected has the additional dimension Reason. No other field is a dimension, because each combination of values is a metric
// that costs about $0.30 a month. An id is never a dimension.
//
// The packages sqsbatch and kinesisbatch count what they send to the dead-letter queue or the failure queue, as Rejected with the reason
// DeadLettered. sqsbatch also records the age of messages that fail, as SecondsFailing. The program counts everything else.
//
// A metric is counted when its line is written. A function that ends between an outcome and its line writes no line. A message or a request
// that is processed twice may have two lines. So the sums are approximate.
//
// CloudWatch extracts metrics only from an event that is the document itself. Lambda's log format JSON does not change a line that is
// already JSON: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html and
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metric

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"time"
)

// DefaultNamespace is the namespace of all metrics if the variable METRICS_NAMESPACE is not set.
const DefaultNamespace = "OrderPatterns"

// Counter is the name of a metric with the unit Count: 1 to 255 printable ASCII characters, and not Rejected.
type Counter string

const rejected = "Rejected"

// Reason is why a piece of work was rejected: the value of the dimension Reason, 1 to 255 printable ASCII characters. Each reason is
// another metric that costs money.
type Reason string

// DeadLettered is the reason of messages and records that can never succeed. They are in a dead-letter queue or failure queue.
const DeadLettered Reason = "DeadLettered"

// Timer is the name of a metric with the unit Seconds: 1 to 255 printable ASCII characters.
type Timer string

// Value is a value of a metric. A line has at most one value of each metric.
type Value struct {
	name, unit string
	number     float64
	reason     Reason
	refused    bool // counted by reason only
}

// Count counts one piece of work.
func Count(c Counter) Value { return Value{name: string(c), unit: "Count", number: 1} }

// Reject counts one piece of work that had been accepted and cannot succeed, as Rejected: by Pattern, and by Pattern and Reason. A line has
// at most one Reject or Refuse.
func Reject(r Reason) Value {
	return Value{name: rejected, unit: "Count", number: 1, reason: r}
}

// Refuse counts one piece of work that was never accepted, such as a request that an API answers by 400. It counts by Pattern and Reason
// only, so that Rejected by Pattern alone counts work that had been accepted.
func Refuse(r Reason) Value {
	v := Reject(r)
	v.refused = true
	return v
}

// Seconds is a duration. A negative duration counts as zero: two clocks may differ by more than a short duration.
func Seconds(t Timer, d time.Duration) Value {
	return Value{name: string(t), unit: "Seconds", number: max(0, d.Seconds())}
}

// Log writes one line by the default logger, like slog.Log, with the values and their metadata. args must not have the names of metrics and
// dimensions.
//
// A line with a metric is written at any log level: a level below the one of the function's settings is raised to that one. Otherwise the
// logger or Lambda's own filter would drop the line together with the metric:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html. The level FATAL also drops errors, and so all
// metrics.
func Log(ctx context.Context, level slog.Level, message string, values []Value, args ...any) {
	log, pattern := slog.Default(), os.Getenv("PATTERN")
	if pattern == "" || len(values) == 0 {
		log.Log(ctx, level, message, args...)
		return
	}
	for _, higher := range []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if !log.Enabled(ctx, level) {
			level = max(level, higher)
		}
	}
	now := time.Now()
	r := slog.NewRecord(now, level, message, 0)
	r.Add(args...)
	r.AddAttrs(slog.String("Pattern", pattern))
	for _, v := range values {
		r.AddAttrs(slog.Float64(v.name, v.number))
		if v.reason != "" {
			r.AddAttrs(slog.String("Reason", string(v.reason)))
		}
	}
	r.AddAttrs(slog.Any("_aws", metadata{now, cmp.Or(os.Getenv("METRICS_NAMESPACE"), DefaultNamespace), values}))
	_ = log.Handler().Handle(ctx, r) // as slog does
}

// Info is Log at the level INFO.
func Info(ctx context.Context, message string, values []Value, args ...any) {
	Log(ctx, slog.LevelInfo, message, values, args...)
}
