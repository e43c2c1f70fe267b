package cloudwatch

import (
	"maps"
	"math"
	"slices"
)

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
