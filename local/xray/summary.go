package xray

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func input[In any](c *wire.Call) (*In, error) {
	if err := c.Authorize("xray:"+c.Operation, "*"); err != nil {
		return nil, err
	}
	in := new(In)
	return in, c.DecodeJSON(in)
}

// batchGetTraces omits unknown traces, as AWS does.
func (s *Service) batchGetTraces(c *wire.Call) (wire.Object, error) {
	in, err := input[struct{ TraceIDs []string }](c)
	switch {
	case err != nil:
		return nil, err
	case len(in.TraceIDs) < 1 || len(in.TraceIDs) > 5:
		return nil, invalid("TraceIds must have 1 to 5 members, got %d.", len(in.TraceIDs))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	traces := []wire.Object{}
	for _, id := range in.TraceIDs {
		t := s.traces[id]
		if t == nil {
			continue
		}
		start, end := t.span()
		segments, err := compile(t.segments)
		if err != nil {
			return nil, err
		}
		traces = append(traces, wire.Object{
			"Id": id, "Duration": end.Sub(start).Seconds(), "LimitExceeded": t.exceeded, "Segments": segments,
		})
	}
	return wire.Object{"Traces": traces, "UnprocessedTraceIds": []string{}}, nil
}

type getTraceSummariesInput struct {
	StartTime, EndTime              float64
	TimeRangeType, FilterExpression string
}

type serviceID struct {
	Name      string
	AccountID string `json:"AccountId"`
	Type      string `json:",omitempty"`
}

type summaryHTTP struct {
	Method    string `json:"HttpMethod,omitempty"`
	URL       string `json:"HttpURL,omitempty"`
	ClientIP  string `json:"ClientIp,omitempty"`
	UserAgent string `json:",omitempty"`
	Status    int    `json:"HttpStatus,omitempty"`
}

// getTraceSummaries returns the traces that started in a range of time, newest first, for any TimeRangeType. There is only
// one page.
func (s *Service) getTraceSummaries(c *wire.Call) (wire.Object, error) {
	in, err := input[getTraceSummariesInput](c)
	if err != nil {
		return nil, err
	}
	if in.StartTime <= 0 || in.EndTime < in.StartTime {
		return nil, invalid("StartTime and EndTime are required, and EndTime must not be before StartTime.")
	}
	filter, err := parseFilter(in.FilterExpression)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	processed, summaries := 0, []wire.Object{}
	for _, id := range slices.Backward(s.ids) {
		t := s.traces[id]
		start, _ := t.span()
		if at := seconds(start); at < in.StartTime || at > in.EndTime {
			continue
		}
		processed++
		if sum := t.summary(); filter(t, sum) {
			summaries = append(summaries, sum)
		}
	}
	return wire.Object{
		"TraceSummaries": summaries, "ApproximateTime": seconds(s.account.Clock.Now()), "TracesProcessedCount": processed,
	}, nil
}

// summary describes a trace. Its entry point is the earliest segment without a parent, which decides whether the request
// failed. https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
func (t *trace) summary() wire.Object {
	start, end := t.span()
	throttled, partial := false, false
	services, annotations := []serviceID{}, map[string][]wire.Object{}
	var entry *Segment
	for i := range t.segments {
		g := &t.segments[i]
		throttled, partial = throttled || g.Throttle, partial || g.End.IsZero()
		id := serviceID{g.Name, account.ID, g.Origin}
		if !g.subsegment && !slices.Contains(services, id) {
			services = append(services, id)
		}
		for key, v := range g.annotations {
			kind := map[reflect.Kind]string{reflect.String: "StringValue", reflect.Float64: "NumberValue", reflect.Bool: "BooleanValue"}[reflect.ValueOf(v).Kind()]
			known := func(a wire.Object) bool { return a["AnnotationValue"].(wire.Object)[kind] == v }
			if kind != "" && !slices.ContainsFunc(annotations[key], known) { // X-Ray indexes no other values
				annotations[key] = append(annotations[key], wire.Object{"AnnotationValue": wire.Object{kind: v}})
			}
		}
		if g.ParentID == "" && (entry == nil || g.Start.Before(entry.Start)) {
			entry = g
		}
	}
	sum := wire.Object{
		"Id": t.id, "StartTime": seconds(start), "Duration": end.Sub(start).Seconds(), "ServiceIds": services, "Annotations": annotations,
		"HasThrottle": throttled, "IsPartial": partial, "HasFault": false, "HasError": false, "ResponseTime": 0,
	}
	if entry != nil {
		sum["HasFault"], sum["HasError"], sum["EntryPoint"] = entry.Fault, entry.Error, serviceID{entry.Name, account.ID, entry.Origin}
		sum["ResponseTime"] = max(0, entry.End.Sub(entry.Start).Seconds())
		sum.With(wire.Object{"Http": (*summaryHTTP)(entry.HTTP)})
	}
	return sum
}

// term is one condition of a filter expression, and the AND after it.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
var term = regexp.MustCompile(`^\s*(?:service\(\s*"([^"]*)"\s*\)|annotation(?:\.(\w+)|\[(\w+)\])\s*=\s*("[^"\\]*"|-?[0-9.]+|true|false)|(error|fault|throttle))\s*((?i:AND)\s|$)`)

// parseFilter returns what a filter expression selects by: conditions joined by AND.
func parseFilter(expression string) (func(*trace, wire.Object) bool, error) {
	var all []func(*trace, wire.Object) bool
	for rest, and := expression, expression; and != ""; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			return nil, invalid("The embedded cloud implements only filter expressions service(\"name\"), annotation.key = value, error, fault, "+
				"throttle, and these joined by AND, got %q.", expression)
		}
		name, key, keyword := m[1], m[2]+m[3], m[5]
		var want any
		_ = json.Unmarshal([]byte(m[4]), &want) // not an annotation, or a number that equals none
		all = append(all, func(t *trace, sum wire.Object) bool {
			switch {
			case keyword != "":
				return sum["Has"+strings.ToUpper(keyword[:1])+keyword[1:]] == true
			case key != "":
				return slices.ContainsFunc(t.segments, func(g Segment) bool { return want != nil && g.annotations[key] == want })
			}
			return slices.ContainsFunc(sum["ServiceIds"].([]serviceID), func(id serviceID) bool { return id.Name == name })
		})
		rest, and = rest[len(m[0]):], m[6]
	}
	return func(t *trace, sum wire.Object) bool {
		return !slices.ContainsFunc(all, func(f func(*trace, wire.Object) bool) bool { return !f(t, sum) })
	}, nil
}
