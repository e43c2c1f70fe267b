package sqsbatch_test

import (
	"context"
	"errors"
	"fmt"
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

const (
	order  = "1-5759e989-000000000000000000000001"
	header = "Root=" + order + ";Parent=00000000000000aa;Sampled="
)

func TestTheWorkOnAMessageIsASegmentInTheTraceOfItsSender(t *testing.T) {
	handles := map[string]sqsbatch.Handle{
		"stored": func(ctx context.Context, _ events.SQSMessage) error {
			trace.Annotate(ctx, "outcome", "stored")
			return nil
		},
		"rejected": fails(malformed),
		"failed":   fails(errDown),
		"panic":    func(context.Context, events.SQSMessage) error { panic("of the handler") },
	}
	batch := events.SQSEvent{}
	for name := range handles {
		m := received(name, 3)
		m.Attributes["AWSTraceHeader"] = header + "1"
		batch.Records = append(batch.Records, m)
	}
	q := &handlertest.Queue{}
	ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
	var response events.SQSEventResponse
	lines := handlertest.Logged(t, func() {
		response = q.Consumer().Process(ctx, batch, 1, func(ctx context.Context, m events.SQSMessage) error {
			trace.Annotate(ctx, "orderId", m.MessageId)
			return handles[m.MessageId](ctx, m)
		})
	})
	require.ElementsMatch(t, []string{"failed", "panic"}, failed(response))
	require.Len(t, q.Dead(), 1)
	require.Equal(t, header+"1", *q.Dead()[0].MessageSystemAttributes["AWSTraceHeader"].StringValue)
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.Equal(t, []any{order, "r-1"}, []any{line["traceId"], line["requestId"]})
		require.Equal(t, line["messageId"], line["orderId"])
		require.NotEmpty(t, line["messageId"])
	}

	for _, s := range daemon.Next(t, len(handles)) {
		id, _ := s.Annotations["orderId"].(string)
		require.Equal(t, []string{order, "00000000000000aa", ""}, []string{s.TraceID, s.ParentID, s.Type})
		require.Equal(t, []any{4.0, 3.0, tracetest.Root}, []any{s.Metadata["default"]["batchSize"], s.Metadata["default"]["attempt"], s.Metadata["default"]["invocationTrace"]})
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

func TestMessagesWithoutATraceOfAnUnsampledInvocationHaveNoSpan(t *testing.T) {
	ctx := tracetest.Invocation(t.Context(), "Root="+tracetest.Root+";Parent="+tracetest.Parent+";Sampled=0", "r-1")
	q := &handlertest.Queue{}
	require.Len(t, failed(q.Consumer().Process(ctx, batch(3), 1, fails(errors.ErrUnsupported))), 3)
	daemon.Nothing(t)
}

func TestAMessageThatIsNotSampledHasNoSpanAndItsTraceIsInTheLogAndTheDeadLetter(t *testing.T) {
	b := events.SQSEvent{Records: []events.SQSMessage{received("m0", 1), received("m1", 1)}}
	b.Records[0].Attributes["AWSTraceHeader"] = header + "0"
	b.Records[1].Attributes["AWSTraceHeader"] = "of another kind"
	q := &handlertest.Queue{}
	lines := handlertest.Logged(t, func() {
		q.Consumer().Process(tracetest.Invocation(t.Context(), "", "r-1"), b, 1, fails(malformed))
	})
	daemon.Nothing(t)
	require.Equal(t, header+"0", *q.Dead()[0].MessageSystemAttributes["AWSTraceHeader"].StringValue)
	require.Empty(t, q.Dead()[1].MessageSystemAttributes, "SQS refuses what is no tracing header")
	require.Equal(t, []any{order, nil}, []any{lines[0]["traceId"], lines[1]["traceId"]})
}

func TestAMessageThatWasNotBegunBeforeTheDeadlineIsLoggedWithItsTrace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := received("m0", 1)
	m.Attributes["AWSTraceHeader"] = header + "1"
	lines := handlertest.Logged(t, func() {
		new(handlertest.Queue).Consumer().Process(ctx, events.SQSEvent{Records: []events.SQSMessage{m}}, 1, fails(errDown))
	})
	require.NotEmpty(t, lines)
	for _, line := range lines {
		require.Equal(t, []any{order, "m0"}, []any{line["traceId"], line["messageId"]})
	}
}

func TestAMessageThatWaitsIsDelayedAndIsNoError(t *testing.T) {
	m := received("m0", 5)
	m.Attributes["AWSTraceHeader"] = header + "1"
	q := &handlertest.Queue{}
	lines := handlertest.Logged(t, func() {
		response := q.Consumer().Process(t.Context(), events.SQSEvent{Records: []events.SQSMessage{m}}, 1, func(ctx context.Context, _ events.SQSMessage) error {
			trace.Annotate(ctx, "outcome", "pending")
			return fmt.Errorf("order o1: %w", sqsbatch.ErrNotYet)
		})
		require.Equal(t, []string{"m0"}, failed(response))
	})
	require.Empty(t, lines, "the handler says why")
	require.GreaterOrEqual(t, q.Delays()[m.ReceiptHandle], sqsbatch.FirstDelay<<3)
	s := daemon.Next(t, 1)[0]
	for s.Metadata["default"]["attempt"] != 5.0 { // what an earlier test left
		s = daemon.Next(t, 1)[0]
	}
	require.Equal(t, "pending", s.Annotations["outcome"])
	require.False(t, s.Fault || s.Error)
}
