package sqsbatch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestEachMessageHasASpanThatIsLinkedToItsTrace(t *testing.T) {
	const sender = "1-5759e989-000000000000000000000001"
	handles := map[string]sqsbatch.Handle{
		"stored": func(ctx context.Context, _ events.SQSMessage) error {
			trace.FromContext(ctx).Outcome("stored")
			return nil
		},
		"rejected": fails(malformed),
		"failed":   fails(errDown),
		"panic":    func(context.Context, events.SQSMessage) error { panic("of the handler") },
	}
	batch := events.SQSEvent{}
	for name := range handles {
		m := received(name, 3)
		m.Attributes["AWSTraceHeader"] = "Root=" + sender + ";Parent=00000000000000aa;Sampled=1"
		batch.Records = append(batch.Records, m)
	}
	q := &handlertest.Queue{}
	ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
	response := q.Consumer().Process(ctx, batch, 1, func(ctx context.Context, m events.SQSMessage) error {
		trace.FromContext(ctx).Order(m.MessageId, "", "")
		return handles[m.MessageId](ctx, m)
	})
	require.ElementsMatch(t, []string{"failed", "panic"}, failed(response))
	require.Len(t, q.Dead(), 1)

	for _, s := range daemon.Next(t, len(handles)) {
		id, _ := s.Annotations["orderId"].(string)
		require.Equal(t, []string{tracetest.Root, tracetest.Parent, "message"}, []string{s.TraceID, s.ParentID, s.Name})
		require.Equal(t, []any{4.0, 3.0}, []any{s.Metadata["default"]["batchSize"], s.Metadata["default"]["attempt"]})
		require.Len(t, s.Links, 1)
		require.Equal(t, sender, s.Links[0].TraceID)
		outcome := id
		if id == "panic" {
			outcome = "failed"
		}
		require.Equal(t, outcome, s.Annotations["outcome"])
		require.Equal(t, id == "rejected", s.Error, id)
		require.Equal(t, id == "failed" || id == "panic", s.Fault, id)
		delete(handles, id)
	}
	require.Empty(t, handles)
}

func TestMessagesOfAnUnsampledInvocationHaveNoSpan(t *testing.T) {
	ctx := tracetest.Invocation(t.Context(), "Root="+tracetest.Root+";Parent="+tracetest.Parent+";Sampled=0", "r-1")
	q := &handlertest.Queue{}
	require.Len(t, failed(q.Consumer().Process(ctx, batch(3), 1, fails(errors.ErrUnsupported))), 3)
	daemon.Nothing(t)
}
