package logs

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition decides whether a filter keeps a row.
type condition func(row) bool

var (
	// comparison is ispresent(1), or a field 2 that is like "3" or /4/, in [5], or compared by 6 with 7.
	comparison = regexp.MustCompile(`^\s*(?:ispresent\(\s*(@?[\w.]+)\s*\)|(@?[\w.]+)(?:\s+(?i:like)\s+(?:("[^"\\]*")|/((?:[^/\\]|\\.)+)/)` +
		`|\s+(?i:in)\s*\[((?:"[^"\\]*"|[-\d., ])*)\]|\s*(!=|<=|>=|=|<|>)\s*("[^"\\]*"|-?[\d.]+)))`)
	literal  = regexp.MustCompile(`"[^"]*"|-?[\d.]+`)
	accepted = map[string][]int{"=": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}
)

// parseOr parses conditions with or, and, not and parentheses. It returns the text after them. Without a condition, that is
// the part that is not implemented.
func parseOr(text string) (condition, string) { return joined(text, "or", parseAnd) }

func parseAnd(text string) (condition, string) { return joined(text, "and", parseCondition) }

// joined parses one condition or more, with a keyword between them.
func joined(text, keyword string, parse func(string) (condition, string)) (condition, string) {
	first, rest := parse(text)
	after, more := skip(rest, keyword)
	if first == nil || !more {
		return first, rest
	}
	others, rest := joined(after, keyword, parse)
	if others == nil {
		return nil, rest
	}
	return func(r row) bool {
		if keyword == "or" {
			return first(r) || others(r)
		}
		return first(r) && others(r)
	}, rest
}

// skip removes a keyword from the beginning.
func skip(text, keyword string) (rest string, ok bool) {
	at := regexp.MustCompile(`^\s*(?i:` + keyword + `)\b`).FindString(text)
	return text[len(at):], at != ""
}

func parseCondition(text string) (condition, string) {
	if rest, ok := skip(text, "not"); ok {
		c, rest := parseCondition(rest)
		if c == nil {
			return nil, rest
		}
		return func(r row) bool { return !c(r) }, rest
	}
	if inner, ok := strings.CutPrefix(strings.TrimSpace(text), "("); ok {
		c, rest := parseOr(inner)
		if after, ok := strings.CutPrefix(strings.TrimSpace(rest), ")"); ok {
			return c, after
		}
		return nil, rest
	}
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return nil, text
	}
	rest, field, op, want := text[len(m[0]):], m[2], m[6], strings.Trim(m[7], `"`)
	switch {
	case m[1] != "":
		return func(r row) bool { _, ok := r[m[1]]; return ok }, rest
	case m[3] != "":
		return func(r row) bool { return strings.Contains(r[field], strings.Trim(m[3], `"`)) }, rest
	case m[4] != "":
		pattern, err := regexp.Compile(m[4])
		if err != nil {
			return nil, text
		}
		return func(r row) bool { return pattern.MatchString(r[field]) }, rest
	case op == "":
		values := literal.FindAllString(m[5], -1)
		return func(r row) bool {
			return slices.ContainsFunc(values, func(v string) bool { return compare(r[field], strings.Trim(v, `"`)) == 0 })
		}, rest
	}
	return func(r row) bool {
		v, ok := r[field]
		return ok && slices.Contains(accepted[op], compare(v, want)) || !ok && op == "!="
	}, rest
}

// compare compares numbers as such, and other values as strings.
func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}
