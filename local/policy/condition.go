package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var tests = map[string]func(want, have string) bool{
	"StringEquals": func(w, h string) bool { return w == h },
	"StringLike":   Match,
	"ArnEquals":    matchARN,
	"ArnLike":      matchARN,
	"Bool":         strings.EqualFold,
	"IpAddress":    inRange,
}

// negations are the operators that hold when no value matches, and what it is that must not.
var negations = map[string]string{
	"StringNotEquals": "StringEquals",
	"StringNotLike":   "StringLike",
	"ArnNotEquals":    "ArnEquals",
	"ArnNotLike":      "ArnLike",
	"NotIpAddress":    "IpAddress",
}

// parseOperator knows the operators of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// except those on numbers, dates, binary values and missing keys, without regard to case, and the set operators ForAnyValue and ForAllValues.
func parseOperator(name string) (operator, error) {
	base, ifExists := strings.CutSuffix(name, "IfExists")
	positive, negated := negations[base]
	test, ok := tests[cmp.Or(positive, base)]
	if !ok {
		return nil, fmt.Errorf("condition operator %q is not supported by the embedded cloud", name)
	}
	return func(wants Strings, have string, present bool) bool {
		if !present {
			return ifExists || negated
		}
		return slices.ContainsFunc(wants, func(w string) bool { return test(w, have) }) != negated
	}, nil
}

// operator compares the values of a policy with the one of a request, which may be absent.
type operator func(wants Strings, have string, present bool) bool

// holds returns whether the keys of a request, in small letters, meet a condition block. All operators and all keys must be met,
// each by any of its values.
func holds(condition map[string]map[string]Strings, keys map[string]string) bool {
	for name, byKey := range condition {
		met, err := parseOperator(name)
		if err != nil {
			return false
		}
		for key, wants := range byKey {
			if have, present := keys[strings.ToLower(key)]; !met(wants, have, present) {
				return false
			}
		}
	}
	return true
}

// inRange reports whether an address is the one that a policy names, or in its range, such as 203.0.113.0/24.
func inRange(want, have string) bool {
	prefix, ok := parseRange(want)
	address, err := netip.ParseAddr(have)
	return ok && err == nil && prefix.Contains(address.Unmap())
}

func parseRange(text string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix, err == nil
}

// Match returns whether value matches a pattern in which * stands for any characters and ? for any one byte.
func Match(pattern, value string) bool {
	// Iterative matching with one point to come back to: linear for the patterns that policies have.
	p, v, star, mark := 0, 0, -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]) && pattern[p] != '*':
			p, v = p+1, v+1
		case p < len(pattern) && pattern[p] == '*':
			star, mark, p = p, v, p+1
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchARN matches the six colon-separated parts of an ARN one by one, so that a * does not reach over a colon
// of the first five; the resource, last, may itself contain colons.
func matchARN(pattern, value string) bool {
	if pattern == "*" || pattern == value {
		return true
	}
	if !strings.ContainsAny(pattern, "*?") {
		return false
	}
	ps, vs := strings.SplitN(pattern, ":", 6), strings.SplitN(value, ":", 6)
	if len(ps) != len(vs) {
		return false
	}
	for i := range ps {
		if !Match(ps[i], vs[i]) {
			return false
		}
	}
	return true
}

// matchAction compares without regard to case, as IAM does.
func matchAction(pattern, value string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return strings.EqualFold(pattern, value)
	}
	return Match(strings.ToLower(pattern), strings.ToLower(value))
}
