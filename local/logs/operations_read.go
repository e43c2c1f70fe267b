package logs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// Limits of a page.
const (
	maxPageEvents = 10_000
	maxPageBytes  = 1 << 20
)

type period struct{ StartTime, EndTime *int64 }

type getLogEventsInput struct {
	target
	period
	LogStreamName string
	Limit         *int
	StartFromHead bool
}

func (in getLogEventsInput) Target() target {
	in.stream = in.LogStreamName
	return in.target
}

func (e *event) output() wire.Object {
	return wire.Object{"timestamp": e.at, "message": e.message, "ingestionTime": e.arrived}
}

// getLogEvents returns one page, of the newest events by default: there are no tokens, but start and end times.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
func (s *Service) getLogEvents(_ *wire.Call, g *group, in *getLogEventsInput) (wire.Object, error) {
	limit, err := limited(in.Limit, maxPageEvents)
	if err != nil {
		return nil, err
	}
	st := g.stream(in.LogStreamName)
	if st == nil {
		return nil, refuse("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	events := g.find(s.now(), func(e *event) bool {
		return e.stream == st && (in.StartTime == nil || e.at >= *in.StartTime) && (in.EndTime == nil || e.at < *in.EndTime)
	})
	if !in.StartFromHead {
		slices.Reverse(events)
	}
	list := []wire.Object{}
	for _, e := range head(events, limit) {
		list = append(list, e.output())
	}
	if !in.StartFromHead {
		slices.Reverse(list)
	}
	return wire.Object{"events": list}, nil
}

type filterLogEventsInput struct {
	target
	period
	LogStreamNames                                []string
	LogStreamNamePrefix, FilterPattern, NextToken string
	Limit                                         *int
	// Interleaved is ignored, as by AWS since 2019: pages always are.
	Interleaved bool
}

// filterLogEvents follows
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (s *Service) filterLogEvents(_ *wire.Call, g *group, in *filterLogEventsInput) (wire.Object, error) {
	pattern, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	limit, err := limited(in.Limit, maxPageEvents)
	if err != nil {
		return nil, err
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, invalid("Only one of logStreamNames and logStreamNamePrefix can be given.")
	}
	var at position
	if in.NextToken != "" {
		if at, err = parseToken(in.NextToken); err != nil {
			return nil, err
		}
	}
	events := g.find(s.now(), func(e *event) bool {
		return (in.StartTime == nil || e.at >= *in.StartTime) && (in.EndTime == nil || e.at <= *in.EndTime) &&
			strings.HasPrefix(e.stream.name, in.LogStreamNamePrefix) &&
			(len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, e.stream.name)) && pattern.matches(e.message)
	})
	events = events[after(events, at):]
	page, list := head(events, limit), []wire.Object{}
	for _, e := range page {
		list = append(list, e.output().With(wire.Object{"eventId": fmt.Sprintf("%020d%036d", e.at, e.id), "logStreamName": e.stream.name}))
	}
	out := wire.Object{"events": list, "searchedLogStreams": []string{}} // AWS leaves it empty too
	if len(page) < len(events) {
		last := page[len(page)-1]
		out["nextToken"] = position{last.at, last.id}.token()
	}
	return out, nil
}

type position struct{ at, id int64 }

func (p position) token() string { return fmt.Sprintf("%d/%d", p.at, p.id) }

func parseToken(token string) (p position, err error) {
	if _, err := fmt.Sscanf(token, "%d/%d", &p.at, &p.id); err != nil || p.token() != token {
		return p, invalid("The specified nextToken is invalid.")
	}
	return p, nil
}

// after is the index of the first event after a position.
func after(events []event, p position) int {
	return sort.Search(len(events), func(i int) bool {
		e := &events[i]
		return e.at > p.at || e.at == p.at && e.id > p.id
	})
}

// head returns as many of the first events as fit into a page, at least one.
func head(events []event, limit int) []event {
	bytes := 0
	for i := range events {
		if bytes += events[i].size(); i == limit || (i > 0 && bytes > maxPageBytes) {
			return events[:i]
		}
	}
	return events
}

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
