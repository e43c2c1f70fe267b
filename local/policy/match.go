package policy

import "strings"

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
