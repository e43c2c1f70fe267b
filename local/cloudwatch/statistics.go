package cloudwatch

import (
	"maps"
	"math"
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

// gamma is the ratio of the bounds of a bucket, so that a percentile is at most 1 % off.
const gamma = 1.02

// sketch counts positive values in buckets of a fixed relative width, and all others in one bucket. A bucket i holds
// values from gamma^(i-1) to gamma^i.
type sketch map[int]float64

const notPositive = math.MinInt

func bucket(v float64) int {
	if v <= 0 {
		return notPositive
	}
	return int(math.Ceil(math.Log(v) / math.Log(gamma)))
}

// add adds the values of statistics, which have no sketch if they are all the same.
func (s sketch) add(o *statistics) {
	if o.values == nil && o.count > 0 {
		s[bucket(o.min)] += o.count
	}
	for i, n := range o.values {
		s[i] += n
	}
}

// quantile returns the value below which the share q of all values is. It is not limited to their minimum and maximum.
func (s sketch) quantile(q float64) float64 {
	var total, seen float64
	for _, n := range s {
		total += n
	}
	for _, i := range slices.Sorted(maps.Keys(s)) {
		if seen += s[i]; seen >= q*total {
			if i == notPositive {
				return 0
			}
			return math.Pow(gamma, float64(i)-0.5)
		}
	}
	return 0
}
