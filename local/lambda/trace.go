package lambda

import (
	"context"
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/local/xray"
)

// traceContext is an invocation's place in a trace.
type traceContext struct {
	header   string // for the function
	root     string
	parent   string // the caller's segment
	service  string // AWS::Lambda's segment
	function string // AWS::Lambda::Function's segment, the parent of the function's own segments
	sampled  bool
}

// newTrace decides whether an invocation is traced. A function with active tracing continues the caller's trace or starts
// one. Others are traced only if the caller's request is.
// https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
func (s *Service) newTrace(rev *revision, incoming string) traceContext {
	var h xray.Header
	if rev.args.TracingConfig.Mode == "Active" {
		h = s.Traces.Sample(incoming)
	} else {
		var ok bool
		if h, ok = xray.ParseHeader(incoming); !ok {
			h = xray.Header{Root: fmt.Sprintf("1-%08x-%s", s.account.Clock.Now().Unix(), randomHex(12))}
		}
	}
	t := traceContext{root: h.Root, parent: h.Parent, sampled: h.Sampled, service: xray.NewID(), function: xray.NewID()}
	h.Parent = t.function
	t.header = h.String()
	return t
}

// incoming is the header that continues the trace from where the caller was.
func (t traceContext) incoming() string {
	return xray.Header{Root: t.root, Parent: t.parent, Sampled: t.sampled}.String()
}

// add adds the trace of a sampled invocation to a record of the log.
func (t traceContext) add(r record) record {
	if t.sampled {
		r["tracing"] = record{"spanId": t.function, "type": "X-Amzn-Trace-Id", "value": t.header}
	}
	return r
}

// trace puts the two segments of an invocation, with the permissions of the function's role. Without permission they are
// lost, as on AWS.
func (s *Service) trace(e *environment, inv *invoke, end time.Time) {
	t := inv.trace
	if !t.sampled {
		return
	}
	name := e.pool.rev.fn.name
	err := s.Traces.Put(context.Background(), e.principal,
		xray.Segment{TraceID: t.root, ID: t.service, ParentID: t.parent, Name: name, Origin: "AWS::Lambda",
			Start: inv.accepted, End: end, Fault: inv.failed, HTTP: &xray.HTTP{Status: 200}},
		xray.Segment{TraceID: t.root, ID: t.function, ParentID: t.service, Name: name, Origin: "AWS::Lambda::Function",
			Start: inv.begun, End: end, Fault: inv.failed, Links: inv.links})
	if err != nil {
		s.account.Log.Debug("the segments of a function are lost", "function", name, "error", err)
	}
}
