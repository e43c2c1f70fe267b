package sns

import (
	"context"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

// active is the tracing mode of topics that record segments. All others pass the publisher's tracing header on.
const active = "Active"

// trace begins the segment of a message whose publisher's trace is sampled, if the topic traces actively, and makes the
// message continue from it. done ends the segment. Without X-Ray's resource policy for SNS, the segment is lost.
// https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
func (s *Service) trace(ctx context.Context, t *topic, m *message) (done func()) {
	h, ok := xray.ParseHeader(m.trace)
	s.mu.RLock()
	mode := t.args.Tracing
	s.mu.RUnlock()
	if !ok || !h.Sampled || mode == nil || *mode != active {
		return func() {}
	}
	segment := xray.Segment{
		TraceID: h.Root, ID: xray.NewID(), ParentID: h.Parent, Origin: "AWS::SNS::Topic", Start: m.at,
		Name: t.arn[strings.LastIndex(t.arn, ":")+1:],
	}
	h.Parent = segment.ID
	m.trace = h.String()
	return func() {
		segment.End = s.account.Clock.Now()
		if err := s.Traces.PutFor(ctx, policy.ServicePrincipal("sns.amazonaws.com"), t.arn, segment); err != nil {
			s.account.Log.Debug("the segment of a topic is lost", "topic", t.arn, "error", err)
		}
	}
}
