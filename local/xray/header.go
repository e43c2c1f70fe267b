package xray

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// Header is the tracing header X-Amzn-Trace-Id, which goes with a request from service to service:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
type Header struct {
	Root    string // the trace's id: "1-5759e988-bd862e3fe1be46a994272793"
	Parent  string // id of the caller's segment; empty for none
	Sampled bool

	decided bool // Sampled came with the header
}

var (
	rootFormat   = regexp.MustCompile(`^1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	parentFormat = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// ParseHeader reads a tracing header, and tells whether it has a valid Root. Other fields than Root, Parent and Sampled,
// and a Parent that is none, are left out.
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

// String is the header as it travels.
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

// Sample begins a trace, or goes on with the one of an incoming header. What the caller decided on sampling holds;
// else the default rule decides, which samples the first request of each second and 5% of the others.
func (s *Service) Sample(incoming string) Header {
	h, ok := ParseHeader(incoming)
	if !ok { // a decision without a trace begins one
		h = Header{Sampled: h.Sampled, decided: h.decided, Root: fmt.Sprintf("1-%08x-%016x%08x", s.account.Clock.Now().Unix(), rand.Uint64(), rand.Uint32())}
	}
	if !h.decided {
		h.Sampled, h.decided = s.sampler.sample(), true
	}
	return h
}

// sampler is the default sampling rule:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
type sampler struct {
	clock clockwork.Clock

	mu   sync.Mutex
	last time.Time // the second in which the reservoir was used
}

func (s *sampler) sample() bool {
	second := s.clock.Now().Truncate(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !second.Equal(s.last) {
		s.last = second
		return true
	}
	return rand.Float64() < 0.05
}
