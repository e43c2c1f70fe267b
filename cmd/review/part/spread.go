package part

import (
	"fmt"
	"slices"
	"time"
)

// number is what can be compared.
type number interface{ ~int64 | ~float64 }

// compare returns by which share the median of values changes, and whether their spread explains it. The spread does not explain it if
// three quarters of the new values are above three quarters of the old ones, or below. A median that was 0 counts as 100 % more.
//
// Of 20 values that come from the same distribution as 20 others, one comparison in 1,000 finds a difference.
func compare[N number](old, new []N) (share float64, explained bool) {
	was, is := quantile(old, 2), quantile(new, 2)
	switch {
	case was != 0:
		share = float64(is)/float64(was) - 1
	case is != 0:
		share = 1
	}
	return share, quantile(new, 1) <= quantile(old, 3) && quantile(new, 3) >= quantile(old, 1)
}

// slower says how the median of durations changes, and by which share it is longer: 0 if the spread explains it.
func slower(old, new []time.Duration) (by float64, verdict string) {
	share, explained := compare(old, new)
	switch {
	case explained:
		return 0, "within the spread"
	case share > 0:
		return share, fmt.Sprintf("**%.0f %% slower**", 100*share)
	default:
		return 0, fmt.Sprintf("%.0f %% faster", -100*share)
	}
}

// quantile is a quartile, 1 to 3.
func quantile[N number](values []N, quarter int) N {
	return slices.Sorted(slices.Values(values))[(len(values)-1)*quarter/4]
}

// spread is the median of values with the quartiles, in a format for one number, such as %.1f. of converts a value.
func spread[N number](values []N, format, unit string, of func(N) float64) string {
	low, high := of(quantile(values, 1)), of(quantile(values, 3))
	return fmt.Sprintf(format+unit+" ("+format+" to "+format+")", of(quantile(values, 2)), min(low, high), max(low, high))
}

// milliseconds is the median of durations with the quartiles.
func milliseconds(values []time.Duration) string {
	return spread(values, "%.1f", " ms", func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 })
}
