package apigateway_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
)

func TestTracedStagesContinueTheTrace(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), map[string]any{"xrayTracingEnabled": true})
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	got := a.call(t, "GET /files/x?secret=1", "", "X-Amzn-Trace-Id", "Root="+root+";Parent=53995c3f42cd8ad8;Sampled=1")
	require.Len(t, a.tracer.segments, 1)
	s := a.tracer.segments[0]
	require.Equal(t, policy.ServicePrincipal("apigateway.amazonaws.com"), a.tracer.by)
	require.Equal(t, root, s.TraceID)
	require.Equal(t, "53995c3f42cd8ad8", s.ParentID)
	require.Equal(t, "orders/prod", s.Name)
	require.Equal(t, "AWS::ApiGateway::Stage", s.Origin)
	require.Equal(t, 202, s.HTTP.Status)
	require.NotContains(t, s.HTTP.URL, "secret")
	want := "Root=" + root + ";Parent=" + s.ID + ";Sampled=1"
	require.Equal(t, want, a.functions.last.TraceHeader)
	require.Equal(t, want, a.functions.event(t)["headers"].(map[string]any)["X-Amzn-Trace-Id"])
	require.Equal(t, want, got.header.Get("X-Amzn-Trace-Id"))

	a.call(t, "GET /files/x", "", "X-Amzn-Trace-Id", "Root="+root+";Sampled=0")
	require.Len(t, a.tracer.segments, 1, "what the client does not sample is not traced")
	require.Equal(t, "Root="+root+";Sampled=0", a.functions.last.TraceHeader)

	a.call(t, "GET /none", "")
	require.Len(t, a.tracer.segments, 2, "the first request of a second is sampled")
	require.True(t, a.tracer.segments[1].Error)
	require.False(t, a.tracer.segments[1].Fault)
}

func TestUntracedStagesPassTheHeaderOn(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.call(t, "GET /files/x", "", "X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	require.Equal(t, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", a.functions.last.TraceHeader)
	a.call(t, "GET /files/x", "")
	require.Regexp(t, `^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`, a.functions.last.TraceHeader)
	require.Empty(t, a.tracer.segments)
}
