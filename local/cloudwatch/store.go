package cloudwatch

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
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

type dimension struct{ Name, Value string }

type datum struct {
	metric
	unit  string // "Count"; None if empty
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
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, dimension{name, dimensions[name]})
	}
	return list
}

// series is a metric's data. Its unit is that of its first value.
type series struct {
	metric
	key, unit      string
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
		if len(st.series) == maxMetrics { // the one that was updated least recently makes room
			updated := func(a, b *series) int { return a.updated.Compare(b.updated) }
			delete(st.series, slices.MinFunc(slices.Collect(maps.Values(st.series)), updated).key)
		}
		m = &series{metric: d.metric, key: key, unit: cmp.Or(d.unit, "None"), minutes: map[int64]*statistics{}, oldest: at, newest: at}
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

// value returns a statistic of a metric from start to before end, and false if there are no values in a unit, or in any if it is empty.
func (st *store) value(key, unit, statistic string, start, end time.Time) (float64, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	m := st.series[key]
	if m == nil || unit != "" && unit != m.unit || m.newest < minute(start) || m.oldest >= minute(end) {
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

func minute(t time.Time) int64 { return t.Unix() / int64(resolution/time.Second) }

// statistics are those of the values of one metric in one period.
type statistics struct {
	sum, count, min, max float64
	values               sketch // nil if all values are the same
}

func (s *statistics) merge(o *statistics) {
	if s.count == 0 {
		s.min, s.max = o.min, o.max
	}
	if s.values == nil && (o.values != nil || s.min != o.min || s.max != o.max) {
		s.values = sketch{}
		s.values.add(s)
	}
	if s.values != nil {
		s.values.add(o)
	}
	s.sum, s.count, s.min, s.max = s.sum+o.sum, s.count+o.count, min(s.min, o.min), max(s.max, o.max)
}

var (
	plainStatistics = []string{"Average", "Maximum", "Minimum", "SampleCount", "Sum"}
	percentile      = regexp.MustCompile(`^p(\d{1,2}(\.\d{1,10})?|100)$`)
)

// value returns a statistic by its name: one of plainStatistics, or a percentile such as p99.9.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
func (s *statistics) value(name string) float64 {
	switch name {
	case "Sum":
		return s.sum
	case "SampleCount":
		return s.count
	case "Minimum":
		return s.min
	case "Maximum":
		return s.max
	case "Average":
		return s.sum / s.count
	}
	p, _ := strconv.ParseFloat(name[1:], 64)                // it matches percentile
	return min(max(s.values.quantile(p/100), s.min), s.max) // the minimum without a sketch
}

// sketch counts values that are rounded to three digits, so that a percentile is at most 0.5 % off.
type sketch map[float64]float64

// add adds the values of statistics, which have no sketch if they are all the same.
func (s sketch) add(o *statistics) {
	if o.values == nil && o.count > 0 {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(o.min, 'g', 3, 64), 64) // it is a number
		s[rounded] += o.count
	}
	for v, n := range o.values {
		s[v] += n
	}
}

// quantile returns the value below which the share q of all values is. It is not limited to their minimum and maximum.
func (s sketch) quantile(q float64) float64 {
	var total, seen float64
	for _, n := range s {
		total += n
	}
	for _, v := range slices.Sorted(maps.Keys(s)) {
		if seen += s[v]; seen >= q*total {
			return v
		}
	}
	return 0
}
