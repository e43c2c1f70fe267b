package account

import "time"

// Metrics are where services publish what they measure. *cloudwatch.Service implements it.
type Metrics interface {
	// Publish stores values of one moment. The dimensions must not be changed any more.
	Publish(at time.Time, namespace string, dimensions map[string]string, values ...Value)
}

// Value is one value of a metric.
type Value struct {
	Metric, Unit string
	Value        float64
}

// Count is a value in Count.
func Count(metric string, n int) Value { return Value{metric, "Count", float64(n)} }

// Milliseconds is a value in Milliseconds.
func Milliseconds(metric string, d time.Duration) Value {
	return Value{metric, "Milliseconds", float64(d) / float64(time.Millisecond)}
}

// Gauge publishes what a service has at the end of a minute. When the clock was moved by more than a minute, it is called for
// each, and can only say what there is now.
type Gauge func(end time.Time, publish func(namespace string, dimensions map[string]string, values ...Value))

// Publish publishes values of now, unless the account has no metrics.
func (a *Account) Publish(namespace string, dimensions map[string]string, values ...Value) {
	if a.Metrics != nil {
		a.Metrics.Publish(a.Clock.Now(), namespace, dimensions, values...)
	}
}
