package xray

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// input authorizes an operation and decodes its parameters.
func input[In any](c *wire.Call) (*In, error) {
	if err := c.Authorize("xray:"+c.Operation, "*"); err != nil {
		return nil, err
	}
	in := new(In)
	return in, c.DecodeJSON(in)
}

type unprocessedSegment struct {
	ID                 string `json:"Id"`
	ErrorCode, Message string
}

type putTraceSegmentsOutput struct{ UnprocessedTraceSegments []unprocessedSegment }

func (s *Service) putTraceSegments(c *wire.Call) (*putTraceSegmentsOutput, error) {
	in, err := input[struct{ TraceSegmentDocuments []string }](c)
	if err != nil {
		return nil, err
	}
	out := &putTraceSegmentsOutput{UnprocessedTraceSegments: []unprocessedSegment{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range in.TraceSegmentDocuments {
		if segment, err := parseSegment(text); err != nil {
			out.UnprocessedTraceSegments = append(out.UnprocessedTraceSegments, unprocessedSegment{segment.ID, "InvalidSegment", err.Error()})
		} else {
			s.add(segment)
		}
	}
	return out, nil
}

type getTraceSummariesInput struct {
	StartTime, EndTime              float64
	TimeRangeType, FilterExpression string
}

type serviceID struct {
	Name      string
	AccountID string `json:"AccountId"`
}

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
}

type getTraceSummariesOutput struct {
	TraceSummaries       []traceSummary
	ApproximateTime      float64
	TracesProcessedCount int
}

var (
	serviceFilter = regexp.MustCompile(`^\s*service\(\s*"([^"]*)"\s*\)\s*$`)
	// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
	annotationFilter = regexp.MustCompile(`^\s*annotation(?:\.(\w+)|\[(\w+)\])\s*=\s*("[^"\\]*"|[0-9.]+|true|false)\s*$`)
)

// parseFilter returns what a filter expression selects by.
func parseFilter(text string) (func(Segment) bool, error) {
	if text == "" {
		return func(Segment) bool { return true }, nil
	}
	if m := serviceFilter.FindStringSubmatch(text); m != nil {
		return func(g Segment) bool { return g.Name == m[1] }, nil
	}
	if m := annotationFilter.FindStringSubmatch(text); m != nil {
		return func(g Segment) bool { return g.annotation(m[1]+m[2]) == m[3] }, nil
	}
	return nil, invalid("The embedded cloud implements only filter expressions service(\"name\") and annotation.key = value, got %q.", text)
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
	for _, id := range slices.Backward(s.ids) {
		t := s.traces[id]
		start, _ := t.span()
		if at := seconds(start); at < in.StartTime || at > in.EndTime {
			continue
		}
		out.TracesProcessedCount++
		if slices.ContainsFunc(t.segments, filter) {
			out.TraceSummaries = append(out.TraceSummaries, t.summary())
		}
	}
	return out, nil
}

// summary describes a trace. Its entry point is the earliest segment without a parent.
func (t *trace) summary() traceSummary {
	start, end := t.span()
	sum := traceSummary{ID: t.id, StartTime: seconds(start), Duration: end.Sub(start).Seconds(), ServiceIDs: []serviceID{}}
	var entry *Segment
	for i := range t.segments {
		g := &t.segments[i]
		sum.HasFault, sum.HasError, sum.HasThrottle = sum.HasFault || g.Fault, sum.HasError || g.Error, sum.HasThrottle || g.Throttle
		sum.IsPartial = sum.IsPartial || g.End.IsZero()
		if id := (serviceID{g.Name, account.ID}); !slices.Contains(sum.ServiceIDs, id) {
			sum.ServiceIDs = append(sum.ServiceIDs, id)
		}
		if g.ParentID == "" && (entry == nil || g.Start.Before(entry.Start)) {
			entry = g
		}
	}
	if entry == nil {
		return sum
	}
	sum.EntryPoint = &serviceID{entry.Name, account.ID}
	sum.ResponseTime = max(0, entry.End.Sub(entry.Start).Seconds())
	sum.HTTP = (*summaryHTTP)(entry.HTTP)
	return sum
}

type segmentOutput struct {
	ID       string `json:"Id"`
	Document string
}

type traceOutput struct {
	ID            string `json:"Id"`
	Duration      float64
	LimitExceeded bool
	Segments      []segmentOutput
}

type batchGetTracesOutput struct {
	Traces              []traceOutput
	UnprocessedTraceIDs []string `json:"UnprocessedTraceIds"`
}

// batchGetTraces omits unknown traces, as AWS does.
func (s *Service) batchGetTraces(c *wire.Call) (*batchGetTracesOutput, error) {
	in, err := input[struct{ TraceIDs []string }](c)
	switch {
	case err != nil:
		return nil, err
	case len(in.TraceIDs) < 1 || len(in.TraceIDs) > 5:
		return nil, invalid("TraceIds must have 1 to 5 members, got %d.", len(in.TraceIDs))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &batchGetTracesOutput{Traces: []traceOutput{}, UnprocessedTraceIDs: []string{}}
	for _, id := range in.TraceIDs {
		t := s.traces[id]
		if t == nil {
			continue
		}
		start, end := t.span()
		to := traceOutput{ID: id, Duration: end.Sub(start).Seconds(), LimitExceeded: t.exceeded}
		segments := slices.SortedStableFunc(slices.Values(t.segments), func(a, b Segment) int {
			return cmp.Compare(a.Start.UnixMicro(), b.Start.UnixMicro())
		})
		for i := range segments {
			text, err := segments[i].render()
			if err != nil {
				return nil, err
			}
			to.Segments = append(to.Segments, segmentOutput{segments[i].ID, text})
		}
		out.Traces = append(out.Traces, to)
	}
	return out, nil
}
