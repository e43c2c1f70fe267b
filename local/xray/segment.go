package xray

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
)

// Segment is what one service did for one request:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
type Segment struct {
	TraceID  string    `json:"trace_id"`
	ID       string    `json:"id"`                  // 16 hexadecimal digits: NewID
	ParentID string    `json:"parent_id,omitempty"` // empty for the first of a trace
	Name     string    `json:"name"`
	Origin   string    `json:"origin,omitempty"` // "AWS::Lambda::Function"
	Start    time.Time `json:"-"`
	End      time.Time `json:"-"`               // zero while in progress
	Error    bool      `json:"error,omitempty"` // a status of 400 to 499
	Fault    bool      `json:"fault,omitempty"` // a status of 500 to 599
	Throttle bool      `json:"throttle,omitempty"`
	HTTP     *HTTP     `json:"-"`
	Links    []Link    `json:"links,omitempty"` // to other traces

	document    string         // the text of a segment from the wire
	subsegment  bool           // which was sent by itself
	annotations map[string]any // strings, numbers and booleans, also of subsegments in the document
}

// Link names another trace, and a segment of it: https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
// The fields are those of OpenTelemetry's exporter for X-Ray. AWS does not document them.
type Link struct {
	TraceID string `json:"trace_id"`
	ID      string `json:"id,omitempty"`
}

// HTTP is the request that a segment served, and the status of the response.
type HTTP struct {
	Method    string `json:"method,omitempty"`
	URL       string `json:"url,omitempty"`
	ClientIP  string `json:"client_ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Status    int    `json:"-"`
}

// document is a segment on the wire. Fields that the service does not use are only in the text.
type document struct {
	Segment
	Type        string         `json:"type,omitempty"`
	Start       float64        `json:"start_time"`
	End         float64        `json:"end_time,omitempty"`
	InProgress  bool           `json:"in_progress,omitempty"`
	HTTP        *documentHTTP  `json:"http,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
	Subsegments []document     `json:"subsegments,omitempty"`
}

type documentHTTP struct {
	Request  HTTP `json:"request,omitzero"`
	Response struct {
		Status int `json:"status,omitempty"`
	} `json:"response,omitzero"`
}

func (s *Segment) size() int { return len(s.document) + 256 }

func (s *Segment) render() (string, error) {
	if s.document != "" {
		return s.document, nil
	}
	d := document{Segment: *s, Start: seconds(s.Start), InProgress: s.End.IsZero()}
	if !d.InProgress {
		d.End = seconds(s.End)
	}
	if s.HTTP != nil {
		d.HTTP = &documentHTTP{Request: *s.HTTP}
		d.HTTP.Response.Status = s.HTTP.Status
	}
	text, err := json.Marshal(d)
	return string(text), err
}

func parseSegment(text string) (Segment, error) {
	var d document
	err := json.Unmarshal([]byte(text), &d)
	s := d.Segment
	if err != nil {
		return s, fmt.Errorf("invalid segment document: %w", err)
	}
	if len(text) > maxDocument || !rootFormat.MatchString(d.TraceID) || !parentFormat.MatchString(d.ID) || d.Name == "" || len(d.Name) > 200 ||
		d.Start <= 0 || (d.End > 0) == d.InProgress || d.Type != "" && (d.Type != "subsegment" || d.ParentID == "") {
		return s, fmt.Errorf("invalid segment document: it has at most %d bytes, a trace_id, an id, a name of at most 200 characters, a start_time, "+
			"either end_time or in_progress, and as a subsegment a parent_id", maxDocument)
	}
	s.Start, s.document, s.subsegment, s.annotations = moment(d.Start), text, d.Type != "", map[string]any{}
	d.note(s.annotations)
	if d.End > 0 {
		s.End = moment(d.End)
	}
	if d.HTTP != nil {
		s.HTTP = &d.HTTP.Request
		s.HTTP.Status = d.HTTP.Response.Status
	}
	return s, nil
}

func (d *document) note(annotations map[string]any) {
	maps.Copy(annotations, d.Annotations)
	for i := range d.Subsegments {
		d.Subsegments[i].note(annotations)
	}
}

// seconds is a time in X-Ray's unit, with a precision of microseconds.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func moment(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)).UTC() }

// Header is the tracing header X-Amzn-Trace-Id, which services pass on with a request:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
type Header struct {
	Root    string // the trace's id: "1-5759e988-bd862e3fe1be46a994272793"
	Parent  string // id of the caller's segment; empty for none
	Sampled bool

	decided bool // the header has Sampled
}

var (
	rootFormat   = regexp.MustCompile(`^1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	parentFormat = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// ParseHeader reads a tracing header, and reports whether it has a valid Root. It ignores an invalid Parent, and fields
// other than Root, Parent and Sampled.
func ParseHeader(text string) (Header, bool) {
	var h Header
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case key == "Root":
			h.Root = value
		case key == "Parent" && parentFormat.MatchString(value):
			h.Parent = value
		case key == "Sampled" && (value == "0" || value == "1"):
			h.Sampled, h.decided = value == "1", true
		}
	}
	return h, rootFormat.MatchString(h.Root)
}

// String is the value of the header.
func (h Header) String() string {
	text := "Root=" + h.Root
	if h.Parent != "" {
		text += ";Parent=" + h.Parent
	}
	if h.Sampled {
		return text + ";Sampled=1"
	}
	return text + ";Sampled=0"
}

// NewID makes the id of a segment: 16 hexadecimal digits.
func NewID() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// NewRoot makes the id of a trace that starts now.
func NewRoot(now time.Time) string {
	return fmt.Sprintf("1-%08x-%016x%08x", now.Unix(), rand.Uint64(), rand.Uint32())
}

// Sample continues the trace of an incoming header, or starts one. The caller's sampling decision applies, also without a
// trace. If there is none, the default rule samples the first request of each second and 5% of the others:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
func (s *Service) Sample(incoming string) Header {
	now := s.account.Clock.Now()
	h, ok := ParseHeader(incoming)
	if !ok {
		h = Header{Sampled: h.Sampled, decided: h.decided, Root: NewRoot(now)}
	}
	if !h.decided {
		h.Sampled, h.decided = s.sample(now.Truncate(time.Second)), true
	}
	return h
}

func (s *Service) sample(second time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !second.Equal(s.lastSample) {
		s.lastSample = second
		return true
	}
	return rand.Float64() < 0.05
}
