package apigateway

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Requests can be counted in another order than that in which they started.
func TestAPeriodNeverExceedsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := &QuotaSettings{
			Limit: rapid.IntRange(0, 5).Draw(t, "limit"), Period: rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH"}).Draw(t, "period"),
		}
		u, now, counted := &usage{}, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), map[time.Time]int{}
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 0, 12}).Draw(t, "hours")) * time.Hour)
			late := time.Duration(rapid.IntRange(0, 2).Draw(t, "seconds late")) * time.Second
			if u.take(q, now.Add(-late)) {
				counted[u.begin]++
			} else {
				require.Equal(t, q.Limit, counted[u.begin], "%s: refused too early", u.begin)
			}
		}
		for begin, n := range counted {
			require.LessOrEqual(t, n, q.Limit, begin)
		}
	})
}
