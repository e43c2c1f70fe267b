// Package metric counts what happens to orders, by CloudWatch's embedded metric format: the log line about an outcome is also the
// document from which CloudWatch Logs takes the metrics. That needs no call and no permission.
//
// All metrics are in the namespace OrderPatterns and have the dimension Pattern, which is the environment variable PATTERN: the name
// of the component. Rejected is also kept by Reason, and for Refused and NotPublished only so: by Pattern alone it counts orders that
// were accepted. No other field is a dimension, because each combination of values is a metric that costs some $0.30 a month.
// Without PATTERN a line is an ordinary log line.
//
// A metric is counted when its line is written. A function that ends between an outcome and its line leaves the line out, and
// some outcomes have two lines if a message or a request is handled twice. So the sums are close, and not exact.
//
// CloudWatch takes metrics only from an event whose root is the document. Lambda's log format JSON leaves a line as it is that is JSON
// already:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html and
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metric

import (
	"context"
	"log/slog"
	"os"
	"time"
)

// Namespace is the namespace of all metrics.
const Namespace = "OrderPatterns"

// Counter is a metric with the unit Count: one order each time.
type Counter string

// The counters. Rejected is counted with a Reason, by Reject.
const (
	Accepted   Counter = "Accepted"   // the API answered 2xx
	Stored     Counter = "Stored"     // the item of the order was written
	Superseded Counter = "Superseded" // a later order of the account and vendor was stored before
	Invoiced   Counter = "Invoiced"   // the invoice was written
	Shipped    Counter = "Shipped"    // account and stock were debited
)

const rejected Counter = "Rejected"

// Reason is why an order was rejected.
type Reason string

// The reasons. A new one costs another metric for each pattern that uses it.
const (
	Refused      Reason = "Refused"      // by the API's function, so that the order was never accepted
	NotPublished Reason = "NotPublished" // stored, and the client was told that it was not accepted
	Balance      Reason = "Balance"      // the balance of the account does not suffice
	Stock        Reason = "Stock"        // the stock of a product does not suffice
	Check        Reason = "Check"        // a check of one's own did not pass
	DeadLettered Reason = "DeadLettered" // it can never succeed, and is in a dead-letter queue
)

// accepted reports whether the orders that are rejected for the reason were accepted before.
func (r Reason) accepted() bool { return r != Refused && r != NotPublished }

// Timer is a metric with the unit Seconds.
type Timer string

// The timers.
const (
	SecondsToDone  Timer = "SecondsToDone"  // from acceptance to the end of the order, or of a part of it
	SecondsPending Timer = "SecondsPending" // the age of an order that is not decided yet
)

// Value is a value of a metric. A line has at most one value of each metric.
type Value struct {
	name, unit string
	number     float64
	reason     Reason
}

// Count counts one order.
func Count(c Counter) Value { return Value{name: string(c), unit: "Count", number: 1} }

// Reject counts one rejected order. A line has at most one.
func Reject(r Reason) Value {
	return Value{name: string(rejected), unit: "Count", number: 1, reason: r}
}

// Seconds is a duration. Less than zero, which clocks that differ make of a short one, counts as zero.
func Seconds(t Timer, d time.Duration) Value {
	return Value{name: string(t), unit: "Seconds", number: max(0, d.Seconds())}
}

// Log writes one line by the default logger, as slog.Log does, with the values and their metadata. args must not have the names
// of metrics and dimensions.
//
// A line that has a metric is written at any log level: if level is below that of the function's settings, it is raised to that.
// Otherwise the logger, and after it Lambda's own filter, would drop the line and the metric with it:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html. The level FATAL drops errors too, and so all
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
	r.AddAttrs(slog.Any("_aws", metadata{now, values}))
	_ = log.Handler().Handle(ctx, r) // as slog does
}

// Info is Log with the level INFO.
func Info(ctx context.Context, message string, values []Value, args ...any) {
	Log(ctx, slog.LevelInfo, message, values, args...)
}
