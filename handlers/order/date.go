package order

import (
	"strings"
	"time"
)

// FormatDate writes an order date as the canonical form has it: RFC 3339 in UTC, with the decimals it needs.
func FormatDate(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// parseDate reads RFC 3339, or "YYYY-MM-DD HH:MM:SS[.ffffff]" as UTC, and cuts to whole microseconds, the
// resolution in which events are compared.
func parseDate(s string) (time.Time, bool) {
	if len(s) > len(time.DateOnly) && s[len(time.DateOnly)] == ' ' {
		s = strings.Replace(s, " ", "T", 1) + "Z"
	}
	// UnmarshalText holds to RFC 3339; time.Parse lets "1:00:00" and a comma before the decimals pass.
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return time.Time{}, false
	}
	t = time.UnixMicro(t.UnixMicro()).UTC()
	// An offset can carry the first or last day out of the years that have four digits.
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}, false
	}
	return t, true
}
