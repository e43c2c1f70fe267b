package cloudwatch

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

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
