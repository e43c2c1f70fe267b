package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAReadIsSeenWithItsOrder(t *testing.T) {
	for want, tab := range map[string]*table{"found": {item: item("new_order")}, "absent": {}, "failed": {fail: errors.New("down")}} {
		h := &handler{orders: &store.Reader{Client: tab, Table: "orders"}}
		lines := handlertest.Logged(t, func() {
			_, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), request(t))
			require.NoError(t, err)
		})
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{"read order", "a0", "v0", want}, []any{s.Name, s.Annotations["accountId"], s.Annotations["vendorId"], s.Annotations["outcome"]})
		require.NotContains(t, s.Annotations, "orderId", "the id finds the order's own trace only")
		require.Equal(t, want == "failed", s.Fault)
		for _, line := range lines {
			require.Equal(t, []any{"a0", want, tracetest.Root}, []any{line["accountId"], line["outcome"], line["traceId"]})
			require.NotEmpty(t, line["apiRequestId"])
		}
	}
}
