package coffee

import (
	"strings"
	"time"
)

// FormatDate formats an order date as in the canonical form: RFC 3339 in UTC, without trailing zeros of the seconds.
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
