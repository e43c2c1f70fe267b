package xray

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
)

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
