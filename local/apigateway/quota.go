package apigateway

import (
	"math"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Periods of quotas.
const (
	daily   = "DAY"
	weekly  = "WEEK"
	monthly = "MONTH"
)

// QuotaSettings limit how many requests of a key a plan lets through in a period of the calendar.
type QuotaSettings struct {
	Limit  int    `pulumi:"limit"`  // requests
	Period string `pulumi:"period"` // DAY, WEEK or MONTH
	// Offset are the requests that the first period has less, because it may be a part of one. AWS takes 0 for DAY, up
	// to 6 for WEEK and up to 27 for MONTH.
	Offset *int `pulumi:"offset,optional"`
}

var maxOffset = map[string]int{daily: 0, weekly: 6, monthly: 27}

func (q *QuotaSettings) check(c *provider.Checker) {
	if !c.Unknown("quotaSettings.limit") {
		c.Range("quotaSettings.limit", &q.Limit, 0, math.MaxInt32)
	}
	if c.Unknown("quotaSettings.period") {
		return
	}
	c.OneOf("quotaSettings.period", &q.Period, daily, weekly, monthly)
	if most, ok := maxOffset[q.Period]; ok {
		c.Range("quotaSettings.offset", q.Offset, 0, most)
	}
}

// quota is a plan's, since a time.
type quota struct {
	limit, offset int
	period        string
	since         time.Time
}

// newQuota is nil for no settings. It goes on from the one that was, if that has the same period.
func newQuota(set *QuotaSettings, was *quota, now time.Time) *quota {
	if set == nil {
		return nil
	}
	q := &quota{limit: set.Limit, period: set.Period, since: now}
	if set.Offset != nil {
		q.offset = *set.Offset
	}
	if was != nil && was.period == q.period {
		q.since = was.since
	}
	return q
}

// begin is when the period of a time began, in UTC. Weeks begin on Sunday, which AWS does not document.
func (q *quota) begin(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	switch q.period {
	case weekly:
		day -= int(t.UTC().Weekday())
	case monthly:
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// allowance is how many requests a key has in the period that began then.
func (q *quota) allowance(begin time.Time) int {
	if begin.Equal(q.begin(q.since)) {
		return q.limit - q.offset
	}
	return q.limit
}

// usage counts the requests of one key in the current period.
type usage struct {
	mu    sync.Mutex
	begin time.Time
	used  int
}

// take counts one request, unless the quota is used up. A nil quota has no end.
func (u *usage) take(q *quota, now time.Time) bool {
	if q == nil {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	// A request that came just before a period's end may be counted just after it: it does not bring the old one back.
	if begin := q.begin(now); begin.After(u.begin) {
		u.begin, u.used = begin, 0
	}
	if u.used >= q.allowance(u.begin) {
		return false
	}
	u.used++
	return true
}
