package xray

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are those of https://docs.aws.amazon.com/xray/latest/api/API_Operations.html with which programs send
// segments and people look at traces.
func (s *Service) operations() {
	wire.HandleREST(&s.rest, "POST /TraceSegments", "PutTraceSegments", s.putTraceSegments)
	wire.HandleREST(&s.rest, "POST /TelemetryRecords", "PutTelemetryRecords", s.putTelemetryRecords)
	wire.HandleREST(&s.rest, "POST /TraceSummaries", "GetTraceSummaries", s.getTraceSummaries)
	wire.HandleREST(&s.rest, "POST /Traces", "BatchGetTraces", s.batchGetTraces)
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "xray" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.rest.ServeAWS(w, c) }

// input authorizes an operation and reads its parameters.
func input[In any](c *wire.Call) (*In, error) {
	if err := c.Authorize("xray:"+c.Operation, "*"); err != nil {
		return nil, err
	}
	in := new(In)
	return in, c.DecodeJSON(in)
}

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidRequestException", format, args...)
}

type unprocessedSegment struct {
	ID                 string `json:"Id"`
	ErrorCode, Message string
}

type putTraceSegmentsOutput struct {
	UnprocessedTraceSegments []unprocessedSegment
}

func (s *Service) putTraceSegments(c *wire.Call) (*putTraceSegmentsOutput, error) {
	in, err := input[struct{ TraceSegmentDocuments []string }](c)
	if err != nil {
		return nil, err
	}
	out := &putTraceSegmentsOutput{UnprocessedTraceSegments: []unprocessedSegment{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range in.TraceSegmentDocuments {
		segment, err := parseSegment(text)
		if err != nil {
			out.UnprocessedTraceSegments = append(out.UnprocessedTraceSegments,
				unprocessedSegment{ID: segment.ID, ErrorCode: "InvalidSegment", Message: err.Error()})
			continue
		}
		s.add(segment)
	}
	return out, nil
}

// putTelemetryRecords takes what a daemon tells of itself, which nothing shows, in AWS neither.
func (s *Service) putTelemetryRecords(c *wire.Call) (*struct{}, error) {
	in, err := input[struct {
		EC2InstanceID, Hostname, ResourceARN string
		TelemetryRecords                     []map[string]any
	}](c)
	if err == nil && len(in.TelemetryRecords) == 0 {
		err = invalid("TelemetryRecords is required.")
	}
	return &struct{}{}, err
}

type getTraceSummariesInput struct {
	StartTime, EndTime                         float64
	TimeRangeType, FilterExpression, NextToken string
	Sampling                                   bool
}

type serviceID struct {
	Name      string
	AccountID string `json:"AccountId"`
}

type summaryHTTP struct {
	URL       string `json:"HttpURL,omitempty"`
	Method    string `json:"HttpMethod,omitempty"`
	UserAgent string `json:",omitempty"`
	ClientIP  string `json:"ClientIp,omitempty"`
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

var serviceFilter = regexp.MustCompile(`^\s*service\(\s*"([^"]*)"\s*\)\s*$`)

// getTraceSummaries answers all in one page, so that there is never a NextToken. A trace is within a range of time if
// it began there; any TimeRangeType means that.
func (s *Service) getTraceSummaries(c *wire.Call) (*getTraceSummariesOutput, error) {
	in, err := input[getTraceSummariesInput](c)
	if err != nil {
		return nil, err
	}
	var name string
	filter := serviceFilter.FindStringSubmatch(in.FilterExpression)
	switch {
	case in.StartTime <= 0 || in.EndTime < in.StartTime:
		return nil, invalid("StartTime and EndTime are required, and EndTime must not be before StartTime.")
	case in.FilterExpression != "" && filter == nil:
		return nil, invalid("The embedded cloud implements only filter expressions service(\"name\"), got %q.", in.FilterExpression)
	case in.NextToken != "":
		return nil, invalid("Invalid NextToken.")
	case filter != nil:
		name = filter[1]
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
		if filter == nil || slices.ContainsFunc(t.segments, func(s Segment) bool { return s.Name == name }) {
			out.TraceSummaries = append(out.TraceSummaries, t.summary())
		}
	}
	return out, nil
}

// summary describes a trace by its segments, and its entry by the earliest that has no parent.
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
	if h := entry.HTTP; h != nil {
		sum.HTTP = &summaryHTTP{URL: h.URL, Method: h.Method, UserAgent: h.UserAgent, ClientIP: h.ClientIP, Status: h.Status}
	}
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

// batchGetTraces leaves out traces that it does not have, as AWS does.
func (s *Service) batchGetTraces(c *wire.Call) (*batchGetTracesOutput, error) {
	in, err := input[struct {
		TraceIDs  []string
		NextToken string
	}](c)
	switch {
	case err != nil:
		return nil, err
	case len(in.TraceIDs) < 1 || len(in.TraceIDs) > 5:
		return nil, invalid("TraceIds must have 1 to 5 members, got %d.", len(in.TraceIDs))
	case in.NextToken != "":
		return nil, invalid("Invalid NextToken.")
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
