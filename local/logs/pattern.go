package logs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
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
