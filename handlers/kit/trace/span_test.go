package trace_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

const linked = "Root=1-5759e989-000000000000000000000001;Parent=00000000000000aa;Sampled=1"

func TestASpanIsAChildOfTheInvocationWithTheOrderAsAnnotations(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "store-order")
	memory := lambdacontext.MemoryLimitInMB
	t.Cleanup(func() { lambdacontext.MemoryLimitInMB = memory })
	lambdacontext.MemoryLimitInMB = 512
	_, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
	span.Order("o1", "a1", "v1")
	span.Outcome("stored")
	span.Batch(10)
	span.Attempt(2)
	span.Link(linked)
	span.End()

	s := daemon.Next(t, 1)[0]
	require.Equal(t, []string{tracetest.Root, tracetest.Parent, "subsegment", "message"}, []string{s.TraceID, s.ParentID, s.Type, s.Name})
	require.Regexp(t, "^[0-9a-f]{16}$", s.ID)
	require.Greater(t, s.StartTime, 1.7e9, "in seconds")
	require.GreaterOrEqual(t, s.EndTime, s.StartTime)
	require.Equal(t, map[string]any{"orderId": "o1", "accountId": "a1", "vendorId": "v1", "pattern": "fan-out", "outcome": "stored"}, s.Annotations)
	require.Contains(t, s.Metadata["default"], "coldStart")
	delete(s.Metadata["default"], "coldStart")
	require.Equal(t, map[string]map[string]any{"default": {
		"function": "store-order", "memory": 512.0, "requestId": "r-1", "batchSize": 10.0, "attempt": 2.0,
	}}, s.Metadata)
	require.Len(t, s.Links, 1)
	require.Equal(t, "1-5759e989-000000000000000000000001", s.Links[0].TraceID)
	require.Equal(t, "00000000000000aa", s.Links[0].ID)
	require.False(t, s.Error || s.Fault || s.Throttle)
}

func TestASpanWithinASpanIsItsChild(t *testing.T) {
	ctx, outer := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled+";Lineage=a:1", "r-1"), "outer")
	header := trace.Header(ctx)
	_, inner := trace.Start(ctx, "inner")
	inner.End()
	outer.End()
	s := daemon.Next(t, 2)
	require.Equal(t, []string{"inner", "outer"}, []string{s[0].Name, s[1].Name})
	require.Equal(t, s[1].ID, s[0].ParentID)
	require.Equal(t, "Root="+tracetest.Root+";Parent="+s[1].ID+";Sampled=1;Lineage=a:1", header)
}

func TestOnlyTheFirstRequestOfAProcessIsAColdStart(t *testing.T) {
	defer trace.ResetFirstRequest()
	for i, sampled := range []string{tracetest.Sampled, "Root=" + tracetest.Root + ";Sampled=0"} {
		trace.ResetFirstRequest()
		for _, header := range []string{sampled, tracetest.Sampled} {
			id := "first"
			if header == tracetest.Sampled && sampled != header {
				id = "second"
			}
			_, span := trace.Start(tracetest.Invocation(t.Context(), header, id), "message")
			span.End()
		}
		for _, s := range daemon.Next(t, 2-i) {
			require.Equal(t, i == 0, s.Metadata["default"]["coldStart"], i)
		}
	}
}

func TestWithoutSamplingNothingIsSentOrAllocated(t *testing.T) {
	for _, header := range []string{
		"", "Root=" + tracetest.Root + ";Parent=" + tracetest.Parent + ";Sampled=0", "Root=" + tracetest.Root + ";Sampled=1",
		"Root=x;Parent=" + tracetest.Parent + ";Sampled=1", "Sampled=1",
	} {
		ctx := tracetest.Invocation(t.Context(), header, "r-1")
		work := func() {
			ctx, span := trace.Start(ctx, "message")
			trace.FromContext(ctx).Order("o1", "a1", "v1")
			span.Link(linked)
			span.Outcome("stored")
			span.Batch(1)
			span.Attempt(1)
			span.Fail(errors.ErrUnsupported, false)
			span.End()
		}
		work()
		if !strings.Contains(header, "Sampled=1") {
			require.Zero(t, testing.AllocsPerRun(100, work), header)
		}
		require.Equal(t, header, trace.Header(ctx))
	}
	daemon.Nothing(t)
}

func TestAnErrorIsRecordedByItsTypeAndNeverByItsMessage(t *testing.T) {
	for _, c := range []struct {
		err      error
		rejected bool
		kind     string
	}{
		{fmt.Errorf("city Rome: %w", errors.New("Rome")), true, "*errors.errorString"},
		{fmt.Errorf("storing: %w", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "Rome"}), false, "AccessDeniedException"},
	} {
		_, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
		span.Fail(nil, true)
		span.Fail(c.err, c.rejected)
		span.End()
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []bool{c.rejected, !c.rejected}, []bool{s.Error, s.Fault})
		require.Len(t, s.Cause.Exceptions, 1)
		require.Equal(t, c.kind, s.Cause.Exceptions[0].Type)
		require.NotContains(t, fmt.Sprint(s), "Rome")
	}
}

func TestASpanLinksAtMostTwentySampledTraces(t *testing.T) {
	_, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
	for _, header := range []string{"", "x", "Root=" + tracetest.Root + ";Parent=00000000000000aa;Sampled=0", "Root=" + tracetest.Root + ";Sampled=1"} {
		span.Link(header)
	}
	for range 21 {
		span.Link(linked)
	}
	span.End()
	require.Len(t, daemon.Next(t, 1)[0].Links, 20)
}

func TestALongAnnotationIsCut(t *testing.T) {
	_, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
	span.Order(strings.Repeat("é", 1001), "", "")
	span.End()
	s := daemon.Next(t, 1)[0]
	require.Equal(t, strings.Repeat("é", 1000), s.Annotations["orderId"])
	require.NotContains(t, s.Annotations, "accountId")
}

func BenchmarkUnsampled(b *testing.B) {
	ctx := tracetest.Invocation(b.Context(), "Root="+tracetest.Root+";Parent="+tracetest.Parent+";Sampled=0", "r-1")
	b.ReportAllocs()
	for b.Loop() {
		ctx, span := trace.Start(ctx, "message")
		trace.FromContext(ctx).Order("o1", "a1", "v1")
		span.Outcome("stored")
		span.End()
	}
}

func BenchmarkSampled(b *testing.B) {
	ctx := tracetest.Invocation(b.Context(), tracetest.Sampled, "r-1")
	b.ReportAllocs()
	for b.Loop() {
		ctx, span := trace.Start(ctx, "message")
		trace.FromContext(ctx).Order("o1", "a1", "v1")
		span.Link(linked)
		span.Outcome("stored")
		span.End()
	}
}
