package xray

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
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
		documents := []wire.Object{}
		for _, segment := range compile(t.segments) {
			documents = append(documents, wire.Object{"Id": segment["id"], "Document": string(strictjson.Encode(segment))})
		}
		_, duration := t.span()
		traces = append(traces, wire.Object{"Id": id, "Duration": duration, "LimitExceeded": t.exceeded, "Segments": documents})
	}
	return wire.Object{"Traces": traces, "UnprocessedTraceIds": []string{}}, nil
}

// period is a range of time, in seconds since 1970.
type period struct{ StartTime, EndTime float64 }

// started returns the traces that started in a period, newest first. The caller holds the lock.
func (s *Service) started(in period) (list []*trace, err error) {
	if in.StartTime <= 0 || in.EndTime < in.StartTime {
		return nil, invalid("StartTime and EndTime are required, and EndTime must not be before StartTime.")
	}
	for _, id := range slices.Backward(s.ids) {
		if start, _ := s.traces[id].span(); start >= in.StartTime && start <= in.EndTime {
			list = append(list, s.traces[id])
		}
	}
	return list, nil
}

type getTraceSummariesInput struct {
	period
	FilterExpression string
}

type serviceID struct {
	Name      string
	AccountID string `json:"AccountId"`
	Type      string `json:",omitempty"`
}

// getTraceSummaries returns the traces that started in a range of time, newest first, in one page.
func (s *Service) getTraceSummaries(c *wire.Call) (wire.Object, error) {
	in, err := input[getTraceSummariesInput](c)
	if err != nil {
		return nil, err
	}
	filter, err := parseFilter(in.FilterExpression)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	traces, err := s.started(in.period)
	summaries := []wire.Object{}
	for _, t := range traces {
		if sum := t.summary(); filter(t, sum) {
			summaries = append(summaries, sum)
		}
	}
	return wire.Object{"TraceSummaries": summaries}, err
}

// summary describes a trace. Its entry point is the earliest segment without a parent, which decides whether the request
// failed. https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
func (t *trace) summary() wire.Object {
	start, duration := t.span()
	throttled, services, entry := false, []serviceID{}, &document{}
	for i := range t.segments {
		g := &t.segments[i]
		throttled = throttled || g.Throttle
		if id := (serviceID{g.Name, account.ID, g.Origin}); g.Type == "" && !slices.Contains(services, id) {
			services = append(services, id)
		}
		if g.ParentID == "" && (entry.ID == "" || g.Start < entry.Start) {
			entry = g
		}
	}
	return wire.Object{
		"Id": t.id, "StartTime": start, "Duration": duration, "ServiceIds": services,
		"HasThrottle": throttled, "HasFault": entry.Fault, "HasError": entry.Error,
	}
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
				return slices.ContainsFunc(t.segments, func(g document) bool { return want != nil && g.has(key, want) })
			}
			return slices.ContainsFunc(sum["ServiceIds"].([]serviceID), func(id serviceID) bool { return id.Name == name })
		})
		rest, and = rest[len(m[0]):], m[6]
	}
	return func(t *trace, sum wire.Object) bool {
		return !slices.ContainsFunc(all, func(f func(*trace, wire.Object) bool) bool { return !f(t, sum) })
	}, nil
}
