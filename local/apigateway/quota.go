package apigateway

import (
	"sync"
	"time"
)

// QuotaSettings limit the requests of a key in a period of the calendar, in UTC.
type QuotaSettings struct {
	Limit  int    `pulumi:"limit"`  // requests
	Period string `pulumi:"period"` // DAY, WEEK or MONTH
}

// begin returns the start of the period that a time is in. Weeks begin on Sunday.
func (q *QuotaSettings) begin(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	switch q.Period {
	case "WEEK":
		day -= int(t.UTC().Weekday())
	case "MONTH":
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// usage counts the requests of one key in the current period.
type usage struct {
	mu    sync.Mutex
	begin time.Time
	used  int
}

// take counts one request, unless the quota is used up. A nil quota is unlimited.
func (u *usage) take(q *QuotaSettings, now time.Time) bool {
	if q == nil {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	// A request that arrived just before the end of a period may be counted just after it. It does not restore the old
	// period.
	if begin := q.begin(now); begin.After(u.begin) {
		u.begin, u.used = begin, 0
	}
	if u.used >= q.Limit {
		return false
	}
	u.used++
	return true
}
