package logs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pattern is a filter pattern: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
type pattern struct {
	all, any []string    // terms, of which a message must contain all, and one if there are any
	fields   [][2]string // JSON paths of a message, each with the value that it must have, as JSON
}

var (
	// term is a word or a "quoted phrase" without escapes, which may be optional (?).
	term = regexp.MustCompile(`^\s*(\??)(?:"([^"\\]*)"|(\w+))(\s|$)`)
	// field is a comparison such as $.order.quantity = 2, which may be in parentheses. A * would be a wildcard.
	field = regexp.MustCompile(`^\s*\(?\s*\$\.(\w+(?:\.\w+)*)\s*=\s*("[^"\\*]*"|-?[0-9.]+|true|false)\s*\)?\s*$`)
)

// parsePattern reads terms, optional terms or { comparisons && ... }. It refuses optional terms beside others, excluded terms
// (-a), regular expressions (%a%), other comparisons, and patterns on space-delimited events.
func parsePattern(text string) (p pattern, err error) {
	unsupported := invalid("The embedded cloud does not implement this filter pattern: %q. It has terms of letters, digits and _, quoted "+
		"phrases, optional terms (?a ?b), and { $.path = value && ... }.", text)
	if inner, ok := strings.CutPrefix(strings.TrimSpace(text), "{"); ok {
		if inner, ok = strings.CutSuffix(inner, "}"); !ok {
			return p, unsupported
		}
		for comparison := range strings.SplitSeq(inner, "&&") {
			m := field.FindStringSubmatch(comparison)
			if m == nil {
				return p, unsupported
			}
			p.fields = append(p.fields, [2]string{m[1], m[2]})
		}
		return p, nil
	}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			return p, unsupported
		}
		if rest = rest[len(m[0]):]; m[1] != "" {
			p.any = append(p.any, m[2]+m[3])
		} else {
			p.all = append(p.all, m[2]+m[3])
		}
	}
	if len(p.any) > 0 && len(p.all) > 0 {
		return p, unsupported
	}
	return p, nil
}

func (p *pattern) matches(message string) bool {
	contained := func(term string) bool { return strings.Contains(message, term) }
	missing := func(term string) bool { return !contained(term) }
	if slices.ContainsFunc(p.all, missing) || len(p.any) > 0 && !slices.ContainsFunc(p.any, contained) {
		return false
	}
	if len(p.fields) == 0 {
		return true
	}
	var doc any
	if json.Unmarshal([]byte(message), &doc) != nil {
		return false
	}
	for _, f := range p.fields {
		v := doc
		for name := range strings.SplitSeq(f[0], ".") {
			object, _ := v.(map[string]any)
			v = object[name]
		}
		var want any
		if json.Unmarshal([]byte(f[1]), &want) != nil || v == nil || fmt.Sprintf("%T %v", v, v) != fmt.Sprintf("%T %v", want, want) {
			return false
		}
	}
	return true
}

type condition func(row) bool

var (
	// comparison is ispresent(1), or a field 2 that is like "3", in [4], or compared by 5 with 6.
	comparison = regexp.MustCompile(`^\s*(?:ispresent\(\s*(@?[\w.]+)\s*\)|(@?[\w.]+)(?:\s+(?i:like)\s+("[^"\\]*")` +
		`|\s+(?i:in)\s*\[((?:"[^"\\]*"|[-\d., ])*)\]|\s*(!=|<=|>=|=|<|>)\s*("[^"\\]*"|-?[\d.]+)))`)
	literal  = regexp.MustCompile(`"[^"]*"|-?[\d.]+`)
	accepted = map[string][]int{"=": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}
)

// parseOr parses conditions with or, and, not and parentheses. It returns the text after them. Without a condition, that is
// the part that is not implemented.
func parseOr(text string) (condition, string) { return joined(text, "or", parseAnd) }

func parseAnd(text string) (condition, string) { return joined(text, "and", parseCondition) }

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
	rest, field, op, want := text[len(m[0]):], m[2], m[5], strings.Trim(m[6], `"`)
	switch {
	case m[1] != "":
		return func(r row) bool { _, ok := r[m[1]]; return ok }, rest
	case m[3] != "":
		return func(r row) bool { return strings.Contains(r[field], strings.Trim(m[3], `"`)) }, rest
	case op == "":
		values := literal.FindAllString(m[4], -1)
		return func(r row) bool {
			return slices.ContainsFunc(values, func(v string) bool { return compare(r[field], strings.Trim(v, `"`)) == 0 })
		}, rest
	}
	return func(r row) bool {
		v, ok := r[field]
		return ok && slices.Contains(accepted[op], compare(v, want)) || !ok && op == "!="
	}, rest
}

func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}
