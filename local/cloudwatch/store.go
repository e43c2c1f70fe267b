package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of the store. They are the embedded cloud's own.
const (
	resolution = time.Minute
	retention  = 24 * time.Hour
	maxMetrics = 5000
	// maxAhead is how far ahead of the clock a value may be, as on AWS.
	maxAhead = 2 * time.Hour
)

// metric identifies a metric. Metrics of different dimensions, of which there are at most 30, are different metrics.
type metric struct {
	Namespace, MetricName string
	Dimensions            []dimension
}

// dimension has the names of notifications in JSON, which is read whatever the case, and those of operations in CBOR.
type dimension struct {
	Name  string `json:"name" cbor:"Name"`
	Value string `json:"value" cbor:"Value"`
}

type datum struct {
	metric
	at    time.Time
	value float64
}

// key sorts the dimensions.
func (m *metric) key() string {
	if len(m.Dimensions) > 1 {
		m.Dimensions = slices.Clone(m.Dimensions)
		slices.SortFunc(m.Dimensions, func(a, b dimension) int { return cmp.Compare(a.Name, b.Name) })
	}
	var b strings.Builder
	b.WriteString(m.Namespace + "\x00" + m.MetricName)
	for _, d := range m.Dimensions {
		b.WriteString("\x00" + d.Name + "\x00" + d.Value)
	}
	return b.String()
}

func dimensionsOf(dimensions map[string]string) []dimension {
	list := []dimension{}
	for name, value := range dimensions {
		list = append(list, dimension{name, value})
	}
	slices.SortFunc(list, func(a, b dimension) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// series is a metric's data.
type series struct {
	metric
	key            string
	minutes        map[int64]*statistics // since 1970
	updated        time.Time
	oldest, newest int64 // minutes
}

// store keeps the metrics. Services publish while they answer a request, so it has a lock of its own.
type store struct {
	mu     sync.Mutex
	series map[string]*series // by key
}

// put adds a value. A value older than retention or more than two hours ahead is ignored: PutMetricData refuses it.
func (st *store) put(d *datum, now time.Time) {
	if now.Sub(d.at) > retention || d.at.Sub(now) > maxAhead {
		return
	}
	key, at := d.key(), minute(d.at)
	st.mu.Lock()
	defer st.mu.Unlock()
	m := st.series[key]
	if m == nil {
		st.makeRoom()
		m = &series{metric: d.metric, key: key, minutes: map[int64]*statistics{}, oldest: at, newest: at}
		st.series[key] = m
	}
	s := m.minutes[at]
	if s == nil {
		s = &statistics{}
		m.minutes[at] = s
	}
	s.merge(&statistics{sum: d.value, count: 1, min: d.value, max: d.value})
	m.updated, m.oldest, m.newest = now, min(m.oldest, at), max(m.newest, at)
	for limit := minute(now.Add(-retention)); m.oldest < limit; m.oldest++ {
		delete(m.minutes, m.oldest)
	}
}

// makeRoom removes the metric that was updated least recently if there are too many.
func (st *store) makeRoom() {
	if len(st.series) < maxMetrics {
		return
	}
	delete(st.series, slices.MinFunc(slices.Collect(maps.Values(st.series)), func(a, b *series) int { return a.updated.Compare(b.updated) }).key)
}

// value returns a statistic of a metric from start to before end, and false if there are no values.
func (st *store) value(key, statistic string, start, end time.Time) (float64, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	m := st.series[key]
	if m == nil || m.newest < minute(start) || m.oldest >= minute(end) {
		return 0, false
	}
	var sum statistics
	for at := minute(start); at < minute(end); at++ {
		if s := m.minutes[at]; s != nil {
			sum.merge(s)
		}
	}
	if sum.count == 0 {
		return 0, false
	}
	return sum.value(statistic), true
}

func (st *store) list(match func(*series) bool) []metric {
	st.mu.Lock()
	defer st.mu.Unlock()
	list := []metric{}
	for _, key := range slices.Sorted(maps.Keys(st.series)) {
		if m := st.series[key]; match(m) {
			list = append(list, m.metric)
		}
	}
	return list
}

func minute(t time.Time) int64 { return t.Unix() / int64(resolution/time.Second) }
