package logs

import (
	"regexp"
	"strings"
)

// word is a term that needs no quotes:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
var word = regexp.MustCompile(`^\w+$`)

// parsePattern reads a filter pattern: terms and "quoted phrases", all of which a message must contain, in any order
// and in that case. Optional terms (?a), excluded terms (-a), regular expressions (%a%) and patterns on JSON or
// on space-delimited events are refused.
func parsePattern(pattern string) ([]string, error) {
	var terms []string
	rest := strings.TrimSpace(pattern)
	for rest != "" {
		var term string
		if rest[0] == '"' {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 || strings.Contains(rest[1:1+end], `\`) {
				return nil, invalid("Invalid filter pattern: %q has a quote that does not end, or an escape.", pattern)
			}
			term, rest = rest[1:1+end], rest[end+2:]
		} else {
			end := strings.IndexAny(rest+" ", " \t")
			if term, rest = rest[:end], rest[end:]; !word.MatchString(term) {
				return nil, invalid("The embedded cloud does not implement this filter pattern: %q. It has terms of letters, "+
					"digits and _, and quoted phrases.", term)
			}
		}
		terms = append(terms, term)
		rest = strings.TrimSpace(rest)
	}
	return terms, nil
}

func matches(terms []string, message string) bool {
	for _, t := range terms {
		if !strings.Contains(message, t) {
			return false
		}
	}
	return true
}
