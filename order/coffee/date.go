package coffee

import (
	"fmt"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/order/strictjson"
)

// MaxAhead is how far an orderdate may be ahead of the clock of the function or service that accepts the order. The latest orderdate wins.
// So an order from the distant future would stay the active one of its account and shop forever.
const MaxAhead = 5 * time.Minute

// MaxAge is how long after its acceptance an order may still be stored as the active one. It covers every path of a message without or with
// one redrive: SNS retries a queue for 23 days, the queue keeps a message for 14 days, and its dead-letter queue for 14 more. Package store
// explains the limit.
const MaxAge = 59 * 24 * time.Hour

// ReplaySource is the eventSource of records of a stream that is replayed from its first record, instead of "aws:kinesis". MaxAge does not
// apply to them: each account's completions are replayed after its orders.
const ReplaySource = "order-patterns:replay"

// Earliest is the earliest orderdate that is accepted.
var Earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// checkDate returns why the orderdate t of an order that is accepted at now is not valid, or "".
func checkDate(t, now time.Time) string {
	switch {
	case t.Before(Earliest):
		return "must not be before " + FormatDate(Earliest) + ", got " + FormatDate(t)
	case t.After(now.Add(MaxAhead)):
		return fmt.Sprintf("must not be more than %d minutes ahead of the clock, got %s", MaxAhead/time.Minute, FormatDate(t))
	}
	return ""
}

// FormatDate formats an order date in the canonical form: RFC 3339 in UTC, without trailing zeros of the seconds.
func FormatDate(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// parseDate parses RFC 3339, or "YYYY-MM-DD HH:MM:SS[.ffffff]" as UTC, and truncates to microseconds, the resolution in
// which events are compared.
func parseDate(s string) (time.Time, bool) {
	if len(s) > len(time.DateOnly) && s[len(time.DateOnly)] == ' ' {
		s = strings.Replace(s, " ", "T", 1) + "Z"
	}
	// time.Parse also accepts an hour of one digit, and a comma before the decimals (https://go.dev/issue/54580).
	const afterHour = len("2006-01-02T15")
	if len(s) <= afterHour || s[afterHour] != ':' || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	// It also accepts offsets of 24 hours and of 60 minutes.
	if n := len(s); s[n-3] == ':' && (s[n-5:n-3] == "24" || s[n-2:] == "60") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, false
	}
	t = time.UnixMicro(t.UnixMicro()).UTC()
	// With an offset, the first or last day can be outside the years of four digits.
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}, false
	}
	return t, true
}

// date reads a date. ok is false if the field is missing or not a date.
func (r reader) date(fields map[string]any, path, name string, need presence) (t time.Time, ok bool) {
	v, found := r.Field(fields, path, name, need)
	if !found {
		return time.Time{}, false
	}
	if s, isString := v.(string); isString {
		if t, ok = parseDate(s); ok {
			return t, true
		}
	}
	r.Faultf(strictjson.Join(path, name), `must be a time as RFC 3339 ("2026-03-01T08:30:00Z") or "YYYY-MM-DD HH:MM:SS[.ffffff]" in UTC, got %s`, strictjson.Show(v))
	return time.Time{}, false
}

// orderDate reads the orderdate, and compares it with r.now.
func (r reader) orderDate(fields map[string]any, path string) time.Time {
	const name = "orderdate"
	t, ok := r.date(fields, path, name, required)
	if ok && !r.now.IsZero() {
		if problem := checkDate(t, r.now); problem != "" {
			r.Fault(strictjson.Join(path, name), problem)
		}
	}
	return t
}
