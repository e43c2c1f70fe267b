package xray

import (
	"encoding/json"
	"iter"
	"reflect"
	"regexp"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

type getTraceSummariesInput struct {
	StartTime, EndTime              float64
	TimeRangeType, FilterExpression string
}

type serviceID struct {
	Name      string
	AccountID string `json:"AccountId"`
	Type      string `json:",omitempty"`
}

// annotationValue has a StringValue, NumberValue or BooleanValue. It does not tell which services added it.
type annotationValue struct{ AnnotationValue map[string]any }

type summaryHTTP struct {
	Method    string `json:"HttpMethod,omitempty"`
	URL       string `json:"HttpURL,omitempty"`
	ClientIP  string `json:"ClientIp,omitempty"`
	UserAgent string `json:",omitempty"`
	Status    int    `json:"HttpStatus,omitempty"`
}

type traceSummary struct {
	ID                              string `json:"Id"`
	StartTime                       float64
	Duration, ResponseTime          float64
	HasFault, HasError, HasThrottle bool
	IsPartial                       bool
	HTTP                            *summaryHTTP `json:"Http,omitempty"`
	EntryPoint                      *serviceID   `json:",omitempty"`
	ServiceIDs                      []serviceID  `json:"ServiceIds"`
	Annotations                     map[string][]annotationValue
}

type getTraceSummariesOutput struct {
	TraceSummaries       []traceSummary
	ApproximateTime      float64
	TracesProcessedCount int
}

// getTraceSummaries returns the traces that started in a range of time, newest first, for any TimeRangeType. There is only
// one page.
func (s *Service) getTraceSummaries(c *wire.Call) (*getTraceSummariesOutput, error) {
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
	out := &getTraceSummariesOutput{TraceSummaries: []traceSummary{}, ApproximateTime: seconds(s.account.Clock.Now())}
	for t := range s.between(in.StartTime, in.EndTime) {
		out.TracesProcessedCount++
		if sum := t.summary(); filter(t, &sum) {
			out.TraceSummaries = append(out.TraceSummaries, sum)
		}
	}
	return out, nil
}

// between returns the traces that started in a range of time, newest first. The caller holds the lock.
func (s *Service) between(from, to float64) iter.Seq[*trace] {
	return func(yield func(*trace) bool) {
		for _, id := range slices.Backward(s.ids) {
			t := s.traces[id]
			start, _ := t.span()
			if at := seconds(start); at >= from && at <= to && !yield(t) {
				return
			}
		}
	}
}

// summary describes a trace. Its entry point is the earliest segment without a parent, which decides whether the request
// failed. https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
func (t *trace) summary() traceSummary {
	start, end := t.span()
	sum := traceSummary{ID: t.id, StartTime: seconds(start), Duration: end.Sub(start).Seconds(), ServiceIDs: []serviceID{},
		Annotations: map[string][]annotationValue{}}
	var entry *Segment
	for i := range t.segments {
		g := &t.segments[i]
		sum.HasThrottle, sum.IsPartial = sum.HasThrottle || g.Throttle, sum.IsPartial || g.End.IsZero()
		id := serviceID{g.Name, account.ID, g.Origin}
		if !g.subsegment && !slices.Contains(sum.ServiceIDs, id) {
			sum.ServiceIDs = append(sum.ServiceIDs, id)
		}
		for key, v := range g.annotations {
			kind := map[reflect.Kind]string{reflect.String: "StringValue", reflect.Float64: "NumberValue", reflect.Bool: "BooleanValue"}[reflect.ValueOf(v).Kind()]
			known := func(a annotationValue) bool { return a.AnnotationValue[kind] == v }
			if kind != "" && !slices.ContainsFunc(sum.Annotations[key], known) { // X-Ray indexes no other values
				sum.Annotations[key] = append(sum.Annotations[key], annotationValue{map[string]any{kind: v}})
			}
		}
		if g.ParentID == "" && (entry == nil || g.Start.Before(entry.Start)) {
			entry = g
		}
	}
	if entry == nil {
		return sum
	}
	sum.HasFault, sum.HasError = entry.Fault, entry.Error
	sum.EntryPoint = &serviceID{entry.Name, account.ID, entry.Origin}
	sum.ResponseTime = max(0, entry.End.Sub(entry.Start).Seconds())
	sum.HTTP = (*summaryHTTP)(entry.HTTP)
	return sum
}

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
