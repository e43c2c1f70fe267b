package xray

import (
	"encoding/json"
	"regexp"
	"slices"
)

// term is one condition of a filter expression, and the AND after it.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
var term = regexp.MustCompile(`^\s*(?:service\(\s*"([^"]*)"\s*\)|annotation(?:\.(\w+)|\[(\w+)\])\s*=\s*("[^"\\]*"|-?[0-9.]+|true|false)|(error|fault|throttle))\s*((?i:AND)\s|$)`)

// parseFilter returns what a filter expression selects by: conditions joined by AND.
func parseFilter(expression string) (func(*trace, *traceSummary) bool, error) {
	var all []func(*trace, *traceSummary) bool
	for rest, and := expression, expression; and != ""; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			return nil, invalid("The embedded cloud implements only filter expressions service(\"name\"), annotation.key = value, error, fault, "+
				"throttle, and these joined by AND, got %q.", expression)
		}
		name, key, keyword := m[1], m[2]+m[3], m[5]
		var want any
		_ = json.Unmarshal([]byte(m[4]), &want) // not an annotation, or a number that equals none
		all = append(all, func(t *trace, sum *traceSummary) bool {
			switch {
			case keyword != "":
				return keyword == "error" && sum.HasError || keyword == "fault" && sum.HasFault || keyword == "throttle" && sum.HasThrottle
			case key != "":
				return slices.ContainsFunc(t.segments, func(g Segment) bool { return want != nil && g.annotations[key] == want })
			}
			return slices.ContainsFunc(sum.ServiceIDs, func(id serviceID) bool { return id.Name == name })
		})
		rest, and = rest[len(m[0]):], m[6]
	}
	return func(t *trace, sum *traceSummary) bool {
		return !slices.ContainsFunc(all, func(f func(*trace, *traceSummary) bool) bool { return !f(t, sum) })
	}, nil
}
