package cloudtest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// Metrics records the metrics of an account's services.
type Metrics struct {
	account *account.Account
	mu      sync.Mutex
	sums    map[string]float64
}

// RecordMetrics records what is published from now on, instead of CloudWatch.
func RecordMetrics(a *account.Account) *Metrics {
	m := &Metrics{account: a, sums: map[string]float64{}}
	a.Metrics = m
	return m
}

// Publish implements account.Metrics.
func (m *Metrics) Publish(_ time.Time, namespace string, dimensions map[string]string, values ...account.Value) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range values {
		key := namespace + " " + v.Metric + " " + v.Unit
		for _, k := range slices.Sorted(maps.Keys(dimensions)) {
			key += fmt.Sprintf(" %s=%s", k, dimensions[k])
		}
		m.sums[key] += v.Value
	}
}

// Take returns the sums of what was published since the last call, and of the gauges, by "namespace metric unit name=value".
func (m *Metrics) Take() map[string]float64 {
	for _, gauge := range m.account.Gauges {
		gauge(m.account.Clock.Now(), func(namespace string, dimensions map[string]string, values ...account.Value) {
			m.Publish(time.Time{}, namespace, dimensions, values...)
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	sums := m.sums
	m.sums = map[string]float64{}
	return sums
}
