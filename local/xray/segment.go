package xray

import (
	"encoding/json"
	"fmt"
	"time"
)

// Segment is what one service did for one request:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
type Segment struct {
	TraceID  string
	ID       string // 16 hexadecimal digits: NewID
	ParentID string // empty for the first of a trace
	Name     string
	Origin   string // "AWS::Lambda::Function"
	Start    time.Time
	End      time.Time // zero while in progress
	// Error, Fault and Throttle tell that the request ended in a status of 400s, 500s, or in 429.
	Error, Fault, Throttle bool
	HTTP                   *HTTP

	// document is set for segments that came as a document.
	document string
}

// HTTP is the request that a segment served and how it answered.
type HTTP struct {
	Method, URL, ClientIP, UserAgent string
	Status                           int
}

// document is the form in which segments travel. Fields that the service does not use are in the text alone.
type document struct {
	Name       string        `json:"name"`
	ID         string        `json:"id"`
	TraceID    string        `json:"trace_id"`
	ParentID   string        `json:"parent_id,omitempty"`
	Type       string        `json:"type,omitempty"`
	Origin     string        `json:"origin,omitempty"`
	Start      float64       `json:"start_time"`
	End        float64       `json:"end_time,omitempty"`
	InProgress bool          `json:"in_progress,omitempty"`
	Error      bool          `json:"error,omitempty"`
	Fault      bool          `json:"fault,omitempty"`
	Throttle   bool          `json:"throttle,omitempty"`
	HTTP       *documentHTTP `json:"http,omitempty"`
}

type documentHTTP struct {
	Request struct {
		Method    string `json:"method,omitempty"`
		URL       string `json:"url,omitempty"`
		ClientIP  string `json:"client_ip,omitempty"`
		UserAgent string `json:"user_agent,omitempty"`
	} `json:"request,omitzero"`
	Response struct {
		Status int `json:"status,omitempty"`
	} `json:"response,omitzero"`
}

// size is about what a segment takes in memory.
func (s *Segment) size() int { return len(s.document) + 256 }

// render is the segment as a document.
func (s *Segment) render() (string, error) {
	if s.document != "" {
		return s.document, nil
	}
	d := document{
		Name: s.Name, ID: s.ID, TraceID: s.TraceID, ParentID: s.ParentID, Origin: s.Origin, Start: seconds(s.Start),
		InProgress: s.End.IsZero(), Error: s.Error, Fault: s.Fault, Throttle: s.Throttle,
	}
	if !d.InProgress {
		d.End = seconds(s.End)
	}
	if h := s.HTTP; h != nil {
		d.HTTP = &documentHTTP{}
		d.HTTP.Request.Method, d.HTTP.Request.URL = h.Method, h.URL
		d.HTTP.Request.ClientIP, d.HTTP.Request.UserAgent = h.ClientIP, h.UserAgent
		d.HTTP.Response.Status = h.Status
	}
	text, err := json.Marshal(d)
	return string(text), err
}

// parseSegment reads a document and refuses one that X-Ray would not process.
func parseSegment(text string) (Segment, error) {
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Segment{}, fmt.Errorf("invalid segment document: %w", err)
	}
	s := Segment{
		TraceID: d.TraceID, ID: d.ID, ParentID: d.ParentID, Name: d.Name, Origin: d.Origin, Start: moment(d.Start),
		Error: d.Error, Fault: d.Fault, Throttle: d.Throttle, document: text,
	}
	switch {
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
	if d.End > 0 {
		s.End = moment(d.End)
	}
	if h := d.HTTP; h != nil {
		s.HTTP = &HTTP{
			Method: h.Request.Method, URL: h.Request.URL, ClientIP: h.Request.ClientIP, UserAgent: h.Request.UserAgent,
			Status: h.Response.Status,
		}
	}
	return s, nil
}

// seconds is a time in X-Ray's unit, which microseconds are enough for.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func moment(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)).UTC() }
