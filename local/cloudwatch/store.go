package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
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

// Metric identifies a metric. Metrics of different dimensions are different metrics.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string // at most 30
}

// Datum is a value of a metric.
type Datum struct {
	Metric
	Unit  string // "Count"; None if empty
	Time  time.Time
	Value float64
	Count float64 // how often the value occurred; 1 if 0
}

func (m *Metric) key() string {
	var b strings.Builder
	for _, part := range []string{m.Namespace, m.Name} {
		b.WriteString(part + "\x00")
	}
	for _, k := range slices.Sorted(maps.Keys(m.Dimensions)) {
		b.WriteString(k + "\x00" + m.Dimensions[k] + "\x00")
	}
	return b.String()
}

// series is a metric's data, by minute and unit. A metric has nearly always one unit.
type series struct {
	Metric
	key     string
	minutes map[int64]map[string]*statistics // by the minute since 1970, then by unit
	updated time.Time
	oldest  int64 // no minute is before this one
}

// store keeps the metrics. The service's lock is held while it is used.
type store map[string]*series

// put adds a value. A value older than retention or more than two hours ahead is ignored: PutMetricData refuses it.
func (st store) put(d *Datum, now time.Time) {
	if now.Sub(d.Time) > retention || d.Time.Sub(now) > maxAhead {
		return
	}
	key := d.key()
	m := st[key]
	if m == nil {
		st.makeRoom()
		m = &series{Metric: d.Metric, key: key, minutes: map[int64]map[string]*statistics{}, oldest: minute(d.Time)}
		st[key] = m
	}
	at := minute(d.Time)
	if m.minutes[at] == nil {
		m.minutes[at] = map[string]*statistics{}
	}
	unit := cmp.Or(d.Unit, "None")
	s := m.minutes[at][unit]
	if s == nil {
		s = &statistics{}
		m.minutes[at][unit] = s
	}
	s.add(d.Value, cmp.Or(d.Count, 1))
	m.updated, m.oldest = now, min(m.oldest, at)
	for limit := minute(now.Add(-retention)); m.oldest < limit; m.oldest++ {
		delete(m.minutes, m.oldest)
	}
}

// makeRoom removes the metric that was updated least recently if there are too many.
func (st store) makeRoom() {
	if len(st) < maxMetrics {
		return
	}
	delete(st, slices.MinFunc(slices.Collect(maps.Values(st)), func(a, b *series) int { return a.updated.Compare(b.updated) }).key)
}

// get returns the statistics of a metric from start to before end, or nil if there are no values. unit is empty for any.
func (st store) get(m *Metric, unit string, start, end time.Time) *statistics {
	series := st[m.key()]
	if series == nil {
		return nil
	}
	var sum statistics
	for at := minute(start); at < minute(end); at++ {
		for u, s := range series.minutes[at] {
			if unit == "" || unit == u {
				sum.merge(s)
			}
		}
	}
	if sum.count == 0 {
		return nil
	}
	return &sum
}

// list returns the metrics that match, by namespace, name and dimensions.
func (st store) list(match func(*series) bool) []*series {
	var list []*series
	for _, m := range st {
		if match(m) {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *series) int { return cmp.Compare(a.key, b.key) })
	return list
}

func minute(t time.Time) int64 { return t.Unix() / int64(resolution/time.Second) }
