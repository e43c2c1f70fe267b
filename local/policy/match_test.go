package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// obviously is Match as its definition reads.
func obviously(pattern, value string) bool {
	switch {
	case pattern == "":
		return value == ""
	case pattern[0] == '*':
		return obviously(pattern[1:], value) || value != "" && obviously(pattern, value[1:])
	case value == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == value[0]) && obviously(pattern[1:], value[1:])
}

func TestMatchAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		value := rapid.StringMatching(`[ab*?]{0,10}`).Draw(t, "value")
		if got, want := Match(pattern, value), obviously(pattern, value); got != want {
			t.Fatalf("Match(%q, %q) = %v", pattern, value, got)
		}
	})
}

func TestManyStarsMatchInLinearTime(t *testing.T) {
	value := make([]byte, 10_000)
	for i := range value {
		value[i] = 'a'
	}
	require.False(t, Match("*a*a*a*a*a*a*a*a*a*a*b", string(value)))
}

func TestARNsMatchPartByPart(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:123456789012:orders"
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"*", queue, true},
		{queue, queue, true},
		{"arn:aws:sqs:us-east-1:123456789012:ord*", queue, true},
		{"arn:aws:sqs:*:*:order?", queue, true},
		{"arn:aws:sqs:us-east-1:123456789012:order", queue, false},
		{"arn:aws:sqs:us-east-1:123456789012:Orders", queue, false},
		{"arn:aws:sqs:*:orders", queue, false},
		{"arn:*", queue, false},
		{"arn:aws:s*:us-east-1:123456789012:orders", queue, true},
		{"arn:aws:sns:us-east-1:123456789012:orders", queue, false},
		// The last part may have colons of its own.
		{"arn:aws:logs:us-east-1:123456789012:log-group:g:*", "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s", true},
		{"arn:aws:logs:us-east-1:123456789012:log-group:g:*", "arn:aws:logs:us-east-1:123456789012:log-group:gg:log-stream:s", false},
		{"arn:aws:s3:::bucket/invoices/*", "arn:aws:s3:::bucket/invoices/a/b", true},
		{"arn:aws:s3:::bucket/invoices/*", "arn:aws:s3:::bucket/other", false},
		{"arn:aws:iam::123456789012:role/*", "*", false},
	} {
		require.Equal(t, c.want, matchARN(c.pattern, c.value), "%s against %s", c.pattern, c.value)
	}
}
