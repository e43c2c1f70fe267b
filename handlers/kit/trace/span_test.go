package trace_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestASpanIsAChildOfTheInvocationWithTheOrderAsAnnotations(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "store-order")
	memory := lambdacontext.MemoryLimitInMB
	t.Cleanup(func() { lambdacontext.MemoryLimitInMB = memory })
	lambdacontext.MemoryLimitInMB = 512
	ctx, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
	ctx = trace.Annotate(ctx, "orderId", "o1", "accountId", "a1", "vendorId", "", "outcome", "stored")
	span.Batch(10)
	span.Attempt(2)
	span.End()
	require.Equal(t, "[orderId=o1 accountId=a1 outcome=stored]", fmt.Sprint(logfields.Of(ctx)))

	s := daemon.Next(t, 1)[0]
	require.Equal(t, []string{tracetest.Root, tracetest.Parent, "subsegment", "message"}, []string{s.TraceID, s.ParentID, s.Type, s.Name})
	require.Regexp(t, "^[0-9a-f]{16}$", s.ID)
	require.Greater(t, s.StartTime, 1.7e9, "in seconds")
	require.GreaterOrEqual(t, s.EndTime, s.StartTime)
	require.Equal(t, map[string]any{"orderId": "o1", "accountId": "a1", "pattern": "fan-out", "outcome": "stored"}, s.Annotations)
	require.Contains(t, s.Metadata["default"], "coldStart")
	delete(s.Metadata["default"], "coldStart")
	require.Equal(t, map[string]map[string]any{"default": {
		"function": "store-order", "memory": 512.0, "requestId": "r-1", "batchSize": 10.0, "attempt": 2.0,
	}}, s.Metadata)
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
	trace.ResetFirstRequest()
	defer trace.ResetFirstRequest()
	invoke := func(header, id string) {
		ctx := tracetest.Invocation(t.Context(), header, id)
		trace.Invoked(ctx)
		for range 2 {
			_, span := trace.Start(ctx, "message")
			span.End()
		}
	}
	cold := func(n int) (cold []any) {
		for _, s := range daemon.Next(t, n) {
			cold = append(cold, s.Metadata["default"]["coldStart"])
		}
		return cold
	}
	invoke(tracetest.Sampled, "first")
	invoke(tracetest.Sampled, "second")
	require.Equal(t, []any{true, true, false, false}, cold(4))
	trace.ResetFirstRequest()
	invoke("", "not sampled")
	invoke(tracetest.Sampled, "second")
	require.Equal(t, []any{false, false}, cold(2))
}

func TestWithoutSamplingNothingIsSentOrAllocated(t *testing.T) {
	for _, header := range []string{
		"", "Root=" + tracetest.Root + ";Parent=" + tracetest.Parent + ";Sampled=0", "Root=" + tracetest.Root + ";Sampled=1",
		"Root=x;Parent=" + tracetest.Parent + ";Sampled=1", "Sampled=1",
	} {
		ctx := tracetest.Invocation(t.Context(), header, "r-1")
		work := func() {
			ctx, span := trace.Continue(ctx, "", "message")
			_ = trace.FromContext(ctx)
			_ = trace.ID(ctx)
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

func TestALongAnnotationIsCut(t *testing.T) {
	ctx, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "message")
	trace.Annotate(ctx, "orderId", strings.Repeat("é", 1001))
	span.End()
	s := daemon.Next(t, 1)[0]
	require.Equal(t, strings.Repeat("é", 1000), s.Annotations["orderId"])
	require.NotContains(t, s.Annotations, "accountId")
}

func BenchmarkSpan(b *testing.B) {
	unsampled := strings.Replace(tracetest.Sampled, "Sampled=1", "Sampled=0", 1)
	for name, of := range map[string][2]string{
		"unsampled": {unsampled, ""}, "unsampled message": {unsampled, unsampled}, "sampled": {tracetest.Sampled, ""}, "sampled message": {unsampled, tracetest.Sampled},
	} {
		b.Run(name, func(b *testing.B) {
			ctx := tracetest.Invocation(b.Context(), of[0], "r-1")
			b.ReportAllocs()
			for b.Loop() {
				_, span := trace.Continue(ctx, of[1], "message")
				span.End()
			}
		})
	}
}
