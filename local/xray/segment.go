package xray

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/wire"
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
	Error    bool      // a status of 400 to 499
	Fault    bool      // a status of 500 to 599
	Throttle bool
	HTTP     *HTTP
	Links    []Link // to other traces
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

// document is the text of a segment or of a subsegment that was sent by itself, with the fields that the service uses.
type document struct {
	text        string
	TraceID     string `json:"trace_id"`
	ID          string
	ParentID    string `json:"parent_id"`
	Name        string
	Origin      string
	Type        string  // subsegment, or empty
	Start       float64 `json:"start_time"`
	End         float64 `json:"end_time"`
	InProgress  bool    `json:"in_progress"`
	Error       bool
	Fault       bool
	Throttle    bool
	Annotations map[string]any // strings, numbers and booleans
	Subsegments []document
}

// size is about what a document takes in memory.
func (d *document) size() int { return len(d.text) + 256 }

func (s *Segment) document() document {
	o := wire.Object{"trace_id": s.TraceID, "id": s.ID, "name": s.Name, "start_time": seconds(s.Start)}.With(wire.Object{
		"parent_id": s.ParentID, "origin": s.Origin, "error": s.Error, "fault": s.Fault, "throttle": s.Throttle, "links": s.Links,
		"in_progress": s.End.IsZero(),
	})
	if !s.End.IsZero() {
		o["end_time"] = seconds(s.End)
	}
	if s.HTTP != nil {
		o["http"] = wire.Object{}.With(wire.Object{"request": *s.HTTP, "response": wire.Object{}.With(wire.Object{"status": s.HTTP.Status})})
	}
	d := document{text: string(strictjson.Encode(o))}
	_ = json.Unmarshal([]byte(d.text), &d) // it has what was encoded
	return d
}

func parseDocument(text string) (document, error) {
	d := document{text: text}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, fmt.Errorf("invalid segment document: %w", err)
	}
	if len(text) > maxDocument || !rootFormat.MatchString(d.TraceID) || !parentFormat.MatchString(d.ID) || d.Name == "" || len(d.Name) > 200 ||
		d.Start <= 0 || (d.End > 0) == d.InProgress || d.Type != "" && (d.Type != "subsegment" || d.ParentID == "") {
		return d, fmt.Errorf("invalid segment document: it has at most %d bytes, a trace_id, an id, a name of at most 200 characters, a start_time, "+
			"either end_time or in_progress, and as a subsegment a parent_id", maxDocument)
	}
	return d, nil
}

// has reports whether the segment or a subsegment in it has an annotation with a value.
func (d *document) has(annotation string, value any) bool {
	return d.Annotations[annotation] == value ||
		slices.ContainsFunc(d.Subsegments, func(sub document) bool { return sub.has(annotation, value) })
}

// seconds is a time in X-Ray's unit, with a precision of microseconds.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

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
