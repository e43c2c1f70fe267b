package cloudwatch

import (
	"regexp"
	"strconv"
)

// statistics are those of the values of one metric in one period.
type statistics struct {
	sum, count, min, max float64
	values               sketch // nil if all values are the same
}

// merge adds the values of another period.
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
