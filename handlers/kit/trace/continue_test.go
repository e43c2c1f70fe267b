package trace_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

// The trace of an order, and the header of its message.
const (
	order   = "1-5759e989-000000000000000000000001"
	sender  = "00000000000000aa"
	message = "Root=" + order + ";Parent=" + sender + ";Sampled=1;Lineage=old:1"
)

func unsampled(header string) string { return strings.Replace(header, "Sampled=1", "Sampled=0", 1) }

func TestTheWorkOnAMessageIsASegmentInTheOrdersTrace(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "store-order")
	t.Setenv("PATTERN", "fan-out")
	for _, invocation := range []string{tracetest.Sampled, unsampled(tracetest.Sampled)} {
		s := &service{status: []int{200}}
		ctx, span := trace.Continue(tracetest.Invocation(t.Context(), invocation+";Lineage=new:2", "r-1"), message, "message")
		require.NoError(t, put(ctx, s.config(true)))
		require.Equal(t, order, trace.ID(ctx))
		span.End()
		got := daemon.Next(t, 2)
		call, segment := got[0], got[1]
		require.Equal(t, []string{order, sender, "", "store-order", "AWS::Lambda::Function"},
			[]string{segment.TraceID, segment.ParentID, segment.Type, segment.Name, segment.Origin})
		require.Equal(t, map[string]any{"pattern": "fan-out"}, segment.Annotations)
		require.Equal(t, tracetest.Root, segment.Metadata["default"]["invocationTrace"])
		require.Equal(t, "r-1", segment.Metadata["default"]["requestId"])
		require.Equal(t, []string{order, segment.ID, "subsegment", "DynamoDB"}, []string{call.TraceID, call.ParentID, call.Type, call.Name})
		require.Equal(t, []string{"Root=" + order + ";Parent=" + call.ID + ";Sampled=1;Lineage=new:2"}, s.header, "Lambda finds loops by the invocation's Lineage")
		require.Equal(t, "Root="+order+";Parent="+segment.ID+";Sampled=1;Lineage=new:2", trace.Header(ctx))
	}
}

func TestAMessageThatIsNotSampledIsNotRecordedAndStaysInItsTrace(t *testing.T) {
	for _, invocation := range []string{tracetest.Sampled, unsampled(tracetest.Sampled), ""} {
		for _, begin := range []func(context.Context) context.Context{
			func(ctx context.Context) context.Context {
				ctx, span := trace.Continue(ctx, unsampled(message), "message")
				require.Nil(t, span)
				return ctx
			},
			func(ctx context.Context) context.Context { return trace.Join(ctx, unsampled(message)) },
		} {
			s := &service{status: []int{200}}
			ctx := begin(tracetest.Invocation(t.Context(), invocation, "r-1"))
			require.NoError(t, put(ctx, s.config(true)))
			_, span := trace.Start(ctx, "within")
			require.Nil(t, span)
			require.Equal(t, order, trace.ID(ctx))
			require.Equal(t, []string{"Root=" + order + ";Parent=" + sender + ";Sampled=0"}, s.header)
		}
	}
	daemon.Nothing(t)
}

func TestAMessageOfASenderWithoutSegmentsBeginsItsTrace(t *testing.T) {
	_, span := trace.Continue(t.Context(), "Root="+order+";Sampled=1", "message")
	span.End()
	s := daemon.Next(t, 1)[0]
	require.Equal(t, []string{order, "", "", "message"}, []string{s.TraceID, s.ParentID, s.Type, s.Name})
}

func TestAMessageWithoutAValidHeaderBelongsToTheInvocation(t *testing.T) {
	for _, header := range []string{"", "Sampled=1", "Root=x;Sampled=1", "Root=1-5759e989;Parent=" + sender + ";Sampled=1"} {
		ctx := trace.Join(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), header)
		require.Equal(t, tracetest.Root, trace.ID(ctx))
		_, span := trace.Continue(ctx, header, "message")
		span.End()
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []string{tracetest.Root, tracetest.Parent, "subsegment", "message"}, []string{s.TraceID, s.ParentID, s.Type, s.Name}, header)
		require.NotContains(t, s.Metadata["default"], "invocationTrace")
	}
}

func TestTheIDOfATraceIsKnownWithoutSampling(t *testing.T) {
	require.Equal(t, tracetest.Root, trace.ID(tracetest.Invocation(t.Context(), unsampled(tracetest.Sampled), "r-1")))
	require.Empty(t, trace.ID(tracetest.Invocation(t.Context(), "", "r-1")))
	require.Empty(t, trace.ID(t.Context()))
}

func TestAPlainHeaderHasNothingButItsTrace(t *testing.T) {
	require.Equal(t, "Root="+order+";Parent="+sender+";Sampled=1", trace.Plain(message))
	require.Equal(t, "Root="+order+";Sampled=0", trace.Plain(" Root="+order+"; Parent=x;Sampled=?"))
	require.Empty(t, trace.Plain("Sampled=1"))
}

func TestAnUnsampledMessageCostsOneAllocation(t *testing.T) {
	ctx := tracetest.Invocation(t.Context(), unsampled(tracetest.Sampled)+";Lineage=new:2", "r-1")
	header := unsampled(message)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		_, span := trace.Continue(ctx, header, "message")
		span.End()
	}), 1.0)
}
