package stepfunctions

import (
	"context"

	"github.com/order-patterns/order-patterns/local/xray"
)

// trace is an execution's place in a trace. The header is empty if the execution is not traced.
type trace struct {
	incoming         string // the caller's header
	header           string // for the services that the execution calls
	root, parent, id string
	sampled          bool
}

// newTrace returns the trace of an execution. A machine with tracing continues the caller's trace or begins one. A
// machine without it only passes on the caller's trace.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
func (s *Service) newTrace(r *revision, incoming string) trace {
	h, ok := xray.ParseHeader(incoming)
	if r.args.tracing() {
		h, ok = s.Traces.Sample(incoming), true
	}
	if !ok {
		return trace{incoming: incoming}
	}
	t := trace{incoming: incoming, root: h.Root, parent: h.Parent, id: xray.NewID(), sampled: h.Sampled}
	h.Parent = t.id
	t.header = h.String()
	return t
}

// sendSegment sends the segment of an execution that ended, with the permissions of its role. As on AWS, the segment is
// lost if they are missing.
func (s *Service) sendSegment(e *execution) {
	if !e.trace.sampled {
		return
	}
	e.mu.Lock()
	status, stopped := e.status, e.stopped
	e.mu.Unlock()
	if status == running {
		return // the service is closing
	}
	v := &visit{execution: e}
	p, err := v.assume()
	if err == nil {
		err = s.Traces.Put(context.Background(), p, xray.Segment{
			TraceID: e.trace.root, ID: e.trace.id, ParentID: e.trace.parent, Name: e.machine.name,
			Origin: "AWS::StepFunctions::StateMachine", Start: e.started, End: stopped, Fault: status != succeeded,
		})
	}
	if err != nil {
		s.account.Log.Debug("the segment of an execution is lost", "execution", e.arn, "error", err)
	}
}
