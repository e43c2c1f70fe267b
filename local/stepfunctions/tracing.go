package stepfunctions

import (
	"context"

	"github.com/order-patterns/order-patterns/local/xray"
)

// trace is an execution's place in a trace. An execution without one has no header.
type trace struct {
	incoming         string // the caller's header
	header           string // what the services that it calls get
	root, parent, id string
	sampled          bool
}

// newTrace decides whether an execution is traced: a machine with tracing continues the caller's trace or begins one,
// another is traced only if its caller is.
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

// traced sends the segment of an execution that ended, with the permissions of its role. Without them it is lost, as on
// AWS.
func (s *Service) traced(e *execution) {
	if !e.trace.sampled {
		return
	}
	e.mu.Lock()
	status, stopped := e.status, e.stopped
	e.mu.Unlock()
	if status == running {
		return // the service closes
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
