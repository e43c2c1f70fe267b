package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAPublishedOrderIsSeen(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	h := &handler{topic: &topic{}, topicARN: "arn:topic", now: clock}
	lines := handlertest.Logged(t, func() {
		_, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), request(t, "post-order.json"))
		require.NoError(t, err)
	})
	s := daemon.Next(t, 1)[0]
	require.Equal(t, []any{tracetest.Root, "publish order", "a0", "v0", "fan-out", "accepted"},
		[]any{s.TraceID, s.Name, s.Annotations["accountId"], s.Annotations["vendorId"], s.Annotations["pattern"], s.Annotations["outcome"]})
	require.Len(t, lines, 1)
	require.Equal(t, []any{s.Annotations["orderId"], tracetest.Root, "fan-out", "accepted", 1.0},
		[]any{lines[0]["orderId"], lines[0]["traceId"], lines[0]["pattern"], lines[0]["outcome"], lines[0]["Accepted"]})
}
