package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConditionOperators(t *testing.T) {
	keys := map[string]string{
		"aws:sourcearn": "arn:aws:sns:us-east-1:123456789012:orders", "s3:prefix": "invoices/a0", "aws:securetransport": "true", "x": "not a number", "aws:sourceip": "203.0.113.7",
	}
	for _, c := range []struct {
		operator, key, value string
		want                 bool
	}{
		{"StringEquals", "s3:prefix", "invoices/a0", true},
		{"StringEquals", "s3:prefix", "invoices/*", false},
		{"StringEquals", "S3:PREFIX", "invoices/a0", true}, // keys compare without regard to case
		{"StringEquals", "s3:prefix", "Invoices/a0", false},
		{"StringLike", "s3:prefix", "invoices/*", true},
		{"StringLike", "s3:prefix", "other/*", false},
		{"StringNotEquals", "s3:prefix", "other", true},
		{"StringNotEquals", "s3:prefix", "invoices/a0", false},
		{"StringNotLike", "s3:prefix", "invoices/*", false},
		{"ArnEquals", "aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:orders", true},
		{"ArnEquals", "aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:o*", true},
		{"ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:orders", true},
		{"ArnLike", "aws:SourceArn", "arn:aws:sns:*:orders", false},
		{"ArnNotEquals", "aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:orders", false},
		{"ArnNotLike", "aws:SourceArn", "arn:aws:sqs:*:*:*", true},
		{"Bool", "aws:SecureTransport", "true", true},
		{"Bool", "aws:SecureTransport", "false", false},
		{"IpAddress", "aws:SourceIp", "203.0.113.7", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.0/24", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.0/30", false},
		{"IpAddress", "aws:SourceIp", "2001:db8::/32", false},
		{"NotIpAddress", "aws:SourceIp", "203.0.113.0/24", false},
		{"NotIpAddress", "aws:SourceIp", "198.51.100.0/24", true},
		{"IpAddress", "x", "0.0.0.0/0", false},

		// A key that the request lacks.
		{"StringEquals", "absent", "x", false},
		{"StringLike", "absent", "*", false},
		{"ArnEquals", "absent", "*", false},
		{"Bool", "absent", "false", false},
		{"StringNotEquals", "absent", "x", true},
		{"StringNotLike", "absent", "*", true},
		{"ArnNotLike", "absent", "*", true},

		// IfExists forgives an absent key, and nothing else.
		{"StringEqualsIfExists", "absent", "x", true},
		{"ArnLikeIfExists", "absent", "x", true},
		{"BoolIfExists", "absent", "true", true},
		{"BoolIfExists", "aws:SecureTransport", "false", false},
		{"StringEqualsIfExists", "s3:prefix", "x", false},
		{"StringNotEqualsIfExists", "s3:prefix", "invoices/a0", false},
	} {
		t.Run(c.operator+" "+c.key+" "+c.value, func(t *testing.T) {
			_, err := parseOperator(c.operator)
			require.NoError(t, err)
			require.Equal(t, c.want, holds(map[string]map[string]Strings{c.operator: {c.key: {c.value}}}, keys))
		})
	}
}

func TestConditionsAreAndedAndTheirValuesOred(t *testing.T) {
	keys := map[string]string{"a": "1", "b": "2"}
	type block = map[string]map[string]Strings
	require.True(t, holds(nil, keys))
	require.True(t, holds(block{"StringEquals": {"a": {"0", "1"}}}, keys), "any value")
	require.False(t, holds(block{"StringEquals": {"a": {"1"}, "b": {"1"}}}, keys), "every key")
	require.False(t, holds(block{"StringEquals": {"a": {"1"}}, "StringLike": {"b": {"3*"}}}, keys), "every operator")
	require.False(t, holds(block{"StringNotEquals": {"a": {"0", "1"}}}, keys), "none of the values of a negated operator")
	require.True(t, holds(block{"StringNotEquals": {"a": {"0", "2"}}}, keys))
}

func TestUnknownOperatorsAreRefusedByName(t *testing.T) {
	for _, name := range []string{
		"", "StringEqual", "NotStringEquals", "StringEqualsNot", "BoolNot", "NotBool", "NumericNotLessThan", "NumericEquals", "StringEqualsIgnoreCase", "Null", "NullIfExists",
		"DateLessThan", "IpAddressLike", "BinaryEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike",
	} {
		_, err := parseOperator(name)
		require.ErrorContains(t, err, `"`+name+`"`)
	}
}
