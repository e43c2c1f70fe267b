package permission

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const orders, stock = "arn:aws:dynamodb:us-east-1:123456789012:table/orders", "arn:aws:dynamodb:us-east-1:123456789012:table/stock"

// statement is a policy with one statement.
func statement(members string) string {
	return `{"Version":"2012-10-17","Statement":[{` + members + `}]}`
}

func allow(action, resource string) string {
	return statement(`"Effect":"Allow","Action":` + action + `,"Resource":` + resource)
}

func deny(action, resource string) string {
	return statement(`"Effect":"Deny","Action":` + action + `,"Resource":` + resource)
}

func TestDifferencesOfARolesPolicies(t *testing.T) {
	const put = `"dynamodb:PutItem"`
	const o, s = `"` + orders + `"`, `"` + stock + `"`
	plain := allow(put, o)
	conditional := statement(`"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"invoices/*"}}`)
	for name, c := range map[string]struct {
		before, after string
		wide, other   []string
	}{
		"nothing":             {before: plain, after: plain},
		"the order":           {before: allow(`["a:X","a:Y"]`, o), after: allow(`["a:Y","a:X"]`, o)},
		"the case of actions": {before: allow(`"dynamodb:PutItem"`, o), after: allow(`"DynamoDB:putitem"`, o)},
		"a contained statement": {before: allow(`"dynamodb:*"`, o),
			after: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":` + o + `},{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":` + o + `}]}`},
		"an action": {before: plain, after: allow(`["dynamodb:PutItem","dynamodb:Scan"]`, o),
			wide: []string{"The role `r` may now use `dynamodb:Scan` on `" + orders + "`."}},
		"two actions on two resources": {before: plain, after: allow(`["dynamodb:Scan","dynamodb:Query"]`, `[`+o+`,`+s+`]`),
			wide:  []string{"The role `r` may now use `dynamodb:Scan`, `dynamodb:Query` on `" + orders + "` and `" + stock + "`."},
			other: []string{"The role `r` may no longer use `dynamodb:PutItem` on `" + orders + "`."}},
		"a wildcard for actions": {before: plain, after: allow(`"dynamodb:*"`, o),
			wide: []string{"The role `r` may now use `dynamodb:*` on `" + orders + "`; before, only `dynamodb:PutItem`."}},
		"every action": {before: plain, after: allow(`"*"`, o),
			wide: []string{"The role `r` may now use every action (`*`) on `" + orders + "`; before, only `dynamodb:PutItem`."}},
		"a wildcard for resources": {before: plain, after: allow(put, `"arn:aws:dynamodb:us-east-1:123456789012:table/*"`),
			wide: []string{"The role `r` may now use `dynamodb:PutItem` on `arn:aws:dynamodb:us-east-1:123456789012:table/*`; before, only on `" + orders + "`."}},
		"every resource": {before: allow(put, `[`+o+`,`+s+`]`), after: allow(put, `"*"`),
			wide: []string{"The role `r` may now use `dynamodb:PutItem` on every resource (`*`); before, only on `" + orders + "` and `" + stock + "`."}},
		"fewer resources": {before: allow(put, `"*"`), after: plain,
			other: []string{"The role `r` may no longer use `dynamodb:PutItem` on every resource (`*`); now only on `" + orders + "`."}},
		"no condition": {before: conditional, after: allow(`"s3:ListBucket"`, `"arn:aws:s3:::b"`),
			wide: []string{"The role `r` may now use `s3:ListBucket` on `arn:aws:s3:::b`; before, only if `s3:prefix` (`StringLike`) is `invoices/*`."}},
		"a weaker condition": {before: conditional,
			after: statement(`"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"i*"}}`),
			wide:  []string{"The role `r` may now use `s3:ListBucket` on `arn:aws:s3:::b` if `s3:prefix` (`StringLike`) is `i*`; before, only if `s3:prefix` (`StringLike`) is `invoices/*`."}},
		"another condition added": {before: allow(`"s3:ListBucket"`, `"arn:aws:s3:::b"`), after: conditional,
			other: []string{"The role `r` may no longer use `s3:ListBucket` on `arn:aws:s3:::b`; now only if `s3:prefix` (`StringLike`) is `invoices/*`."}},
		"NotAction": {before: plain, after: statement(`"Effect":"Allow","NotAction":"iam:*","Resource":` + o),
			wide: []string{"The role `r` may now use every action but `iam:*` on `" + orders + "`; before, only `dynamodb:PutItem`."}},
		"NotAction with fewer exceptions": {
			before: statement(`"Effect":"Allow","NotAction":["iam:*","kms:*"],"Resource":` + o),
			after:  statement(`"Effect":"Allow","NotAction":"iam:*","Resource":` + o),
			wide:   []string{"The role `r` may now use every action but `iam:*` on `" + orders + "`; before, only every action but `iam:*`, `kms:*`."}},
		"NotResource": {before: plain, after: statement(`"Effect":"Allow","Action":"dynamodb:PutItem","NotResource":` + s),
			wide: []string{"The role `r` may now use `dynamodb:PutItem` on every resource but `" + stock + "`; before, only on `" + orders + "`."}},
		"no Deny": {before: deny(`"dynamodb:DeleteItem"`, o), after: plain,
			wide: []string{"The role `r` may now use `dynamodb:PutItem` on `" + orders + "`.", "The role `r` is no longer denied `dynamodb:DeleteItem` on `" + orders + "`."}},
		"a narrower Deny": {before: deny(`"dynamodb:*"`, o), after: deny(`"dynamodb:DeleteItem"`, o),
			wide: []string{"The role `r` is no longer denied `dynamodb:*` on `" + orders + "`; now only `dynamodb:DeleteItem`."}},
		"a Deny": {before: deny(`"dynamodb:DeleteItem"`, o), after: deny(`"dynamodb:*"`, o),
			other: []string{"The role `r` is now denied `dynamodb:*` on `" + orders + "`; before, only `dynamodb:DeleteItem`."}},
		"a Deny with a condition": {
			before: deny(`"dynamodb:*"`, o),
			after:  statement(`"Effect":"Deny","Action":"dynamodb:*","Resource":` + o + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`),
			wide:   []string{"The role `r` is no longer denied `dynamodb:*` on `" + orders + "`; now only if `aws:SecureTransport` (`Bool`) is `false`."}},
	} {
		t.Run(name, func(t *testing.T) {
			h := Holder{Kind: "role", Name: "r"}
			before, err := Parse(h, Identity, c.before)
			require.NoError(t, err)
			after, err := Parse(h, Identity, c.after)
			require.NoError(t, err)
			requireDifferences(t, c.wide, c.other, Compare(before, after, Names{}))
		})
	}
}

// requireDifferences asserts that the widening differences are these, and the other ones those.
func requireDifferences(t *testing.T, wide, other []string, list []Difference) {
	t.Helper()
	var gotWide, gotOther []string
	for _, d := range list {
		if d.Widening {
			gotWide = append(gotWide, d.Sentence)
		} else {
			gotOther = append(gotOther, d.Sentence)
		}
	}
	require.Equal(t, wide, gotWide)
	require.Equal(t, other, gotOther)
}

func TestDifferencesOfAResourcesPolicy(t *testing.T) {
	const queue = `"arn:aws:sqs:us-east-1:123456789012:q"`
	from := func(principal, condition string) string {
		return statement(`"Effect":"Allow","Principal":` + principal + `,"Action":"sqs:SendMessage","Resource":` + queue + condition)
	}
	sns := `{"Service":"sns.amazonaws.com"}`
	for name, c := range map[string]struct {
		before, after string
		wide, other   []string
	}{
		"the way to write an account": {
			before: from(`{"AWS":"123456789012"}`, ""), after: from(`{"AWS":"arn:aws:iam::123456789012:root"}`, "")},
		"everybody": {before: from(sns, ""), after: from(`"*"`, ""),
			wide: []string{"Everybody may now use `sqs:SendMessage` on `arn:aws:sqs:us-east-1:123456789012:q`; before, only the service `sns.amazonaws.com`."}},
		"an account": {before: from(sns, ""), after: from(`{"Service":"sns.amazonaws.com","AWS":"210987654321"}`, ""),
			wide: []string{"The account `210987654321` may now use `sqs:SendMessage` on `arn:aws:sqs:us-east-1:123456789012:q`."}},
		"fewer principals": {before: from(`"*"`, ""), after: from(sns, ""),
			other: []string{"Everybody may no longer use `sqs:SendMessage` on `arn:aws:sqs:us-east-1:123456789012:q`; now only the service `sns.amazonaws.com`."}},
		"any topic": {before: from(sns, `,"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:123456789012:t"}}`), after: from(sns, ""),
			wide: []string{"The service `sns.amazonaws.com` may now use `sqs:SendMessage` on `arn:aws:sqs:us-east-1:123456789012:q`; before, only if `aws:SourceArn` (`ArnEquals`) is `arn:aws:sns:us-east-1:123456789012:t`."}},
	} {
		t.Run(name, func(t *testing.T) {
			h := Holder{Kind: "queue", Name: "q"}
			before, err := Parse(h, Resource, c.before)
			require.NoError(t, err)
			after, err := Parse(h, Resource, c.after)
			require.NoError(t, err)
			requireDifferences(t, c.wide, c.other, Compare(before, after, Names{}))
		})
	}
}

func TestTrustAndManagedPolicies(t *testing.T) {
	h := Holder{Kind: "role", Name: "r"}
	trust := func(service string) []Entry {
		entries, err := Parse(h, Trust, statement(`"Effect":"Allow","Principal":{"Service":`+service+`},"Action":"sts:AssumeRole"`))
		require.NoError(t, err)
		return entries
	}
	before := trust(`"lambda.amazonaws.com"`)
	after := append(trust(`["lambda.amazonaws.com","ec2.amazonaws.com"]`), Attached(h, "arn:aws:iam::aws:policy/AdministratorAccess"))
	requireDifferences(t, []string{
		"The service `ec2.amazonaws.com` may now assume the role `r`.",
		"The role `r` has now the managed policy `arn:aws:iam::aws:policy/AdministratorAccess`.",
	}, nil, Compare(before, after, Names{}))
	requireDifferences(t, nil, []string{
		"The service `ec2.amazonaws.com` may no longer assume the role `r`.",
		"The role `r` no longer has the managed policy `arn:aws:iam::aws:policy/AdministratorAccess`.",
	}, Compare(after, before, Names{}))
}

func TestPermissionsOfARemovedRoleAreOneSentence(t *testing.T) {
	h := Holder{Kind: "role", Name: "r"}
	before, err := Parse(h, Identity, allow(`["a:X","b:Y"]`, `["arn:aws:a:::x","arn:aws:b:::y"]`))
	require.NoError(t, err)
	all := func(Holder) bool { return true }
	requireDifferences(t, nil, []string{"The role `r` is removed, with its policies."}, Compare(before, nil, Names{Removed: all}))
	requireDifferences(t, []string{"The new role `r` may now use `a:X`, `b:Y` on `arn:aws:a:::x` and `arn:aws:b:::y`."}, nil, Compare(nil, before, Names{Added: all}))
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		a, b            string
		covers, overlap bool
	}{
		{"*", "", true, true}, {"a*", "ab*", true, true}, {"ab*", "a*", false, true}, {"a?", "ab", true, true},
		{"a?", "a*", false, true}, {"a*c", "abc", true, true}, {"a*c", "a*b*c", true, true}, {"a", "b", false, false},
		{"a*", "*b", false, true}, {"s3:Get*", "s3:Put*", false, false}, {"a?c", "a?c", true, true},
	} {
		require.Equal(t, c.covers, covers(c.a, c.b), "%s covers %s", c.a, c.b)
		require.Equal(t, c.overlap, overlap(c.a, c.b), "%s overlaps %s", c.a, c.b)
	}
}
