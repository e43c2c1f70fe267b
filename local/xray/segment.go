package xray

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
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

	document    string // the text of a segment from the wire
	subsegment  bool   // which was sent by itself
	inferred    bool
	within      []string       // its id, and those of subsegments in the document
	annotations map[string]any // strings, numbers and booleans, also of subsegments in the document
	resource    string         // the name of the table or queue that was called
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
	Inferred    bool           `json:"inferred,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
	AWS         struct {
		Table string `json:"table_name"`
		Queue string `json:"queue_url"`
	} `json:"aws,omitzero"`
	Subsegments []document `json:"subsegments,omitempty"`
}

type documentHTTP struct {
	Request  HTTP `json:"request,omitzero"`
	Response struct {
		Status int `json:"status,omitempty"`
	} `json:"response,omitzero"`
}

// size is about the memory of a segment.
func (s *Segment) size() int { return len(s.document) + 256 }

// render is the segment as a document.
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

// parseSegment reads a document and refuses one that X-Ray does not process.
func parseSegment(text string) (Segment, error) {
	d, err := decode(text)
	s := d.Segment
	switch {
	case err != nil:
		return s, fmt.Errorf("invalid segment document: %w", err)
	case len(text) > maxDocument:
		return s, fmt.Errorf("document is larger than %d bytes", maxDocument)
	case !rootFormat.MatchString(d.TraceID):
		return s, fmt.Errorf("invalid trace_id %q", d.TraceID)
	case !parentFormat.MatchString(d.ID):
		return s, fmt.Errorf("invalid id %q", d.ID)
	case d.Name == "" || len(d.Name) > 200:
		return s, fmt.Errorf("name must have 1 to 200 characters, got %q", d.Name)
	case d.Start <= 0:
		return s, fmt.Errorf("start_time is required")
	case (d.End > 0) == d.InProgress:
		return s, fmt.Errorf("exactly one of end_time and in_progress is required")
	case d.Type != "" && (d.Type != "subsegment" || d.ParentID == ""):
		return s, fmt.Errorf("type can only be subsegment, which needs a parent_id")
	}
	return s, nil
}

// decode reads a document.
func decode(text string) (d document, err error) {
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, err
	}
	s := &d.Segment
	s.Start, s.document, s.subsegment, s.inferred = moment(d.Start), text, d.Type != "", d.Inferred
	if d.Inferred {
		s.resource = cmp.Or(d.AWS.Table, d.AWS.Queue[strings.LastIndex(d.AWS.Queue, "/")+1:])
	}
	s.annotations = map[string]any{}
	s.note(&d)
	if d.End > 0 {
		s.End = moment(d.End)
	}
	if d.HTTP != nil {
		s.HTTP = &d.HTTP.Request
		s.HTTP.Status = d.HTTP.Response.Status
	}
	return d, nil
}

func (s *Segment) note(d *document) {
	s.within = append(s.within, d.ID)
	maps.Copy(s.annotations, d.Annotations)
	for i := range d.Subsegments {
		s.note(&d.Subsegments[i])
	}
}

// seconds is a time in X-Ray's unit, with a precision of microseconds.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func moment(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)).UTC() }
