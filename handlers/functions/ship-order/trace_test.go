package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestTheLineOfAnOrderThatIsDoneHasItsMetrics(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	for name, c := range map[string]struct {
		order string
		want  map[string]any
	}{
		"shipped":     {"o1 c1 20 123*1", map[string]any{"msg": "order shipped", "outcome": "shipped", "Shipped": 1.0}},
		"the account": {"o1 c1 21 123*10", map[string]any{"msg": "order rejected", "outcome": "rejected", "Rejected": 1.0, "Reason": "Balance"}},
		"the stock":   {"o1 c1 20 123*10", map[string]any{"msg": "order rejected", "outcome": "rejected", "Rejected": 1.0, "Reason": "Stock"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.account(t, "c1", "20")
			w.pieces(t, "123", 9)
			w.ready(t, c.order)
			rec, err := w.orders.Get(t.Context(), "o1")
			require.NoError(t, err)
			w.now = func() time.Time { return rec.CreatedAt.Add(1500 * time.Millisecond) }
			ship := func() map[string]any {
				lines := handlertest.Logged(t, func() { require.NoError(t, w.ship(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "o1")) })
				require.Len(t, lines, 1)
				require.Equal(t, map[string]any{"orderId": "o1", "customerId": "c1", "traceId": tracetest.Root}, handlertest.Fields(lines[0], "orderId", "customerId", "traceId"))
				return handlertest.Fields(lines[0], "msg", "outcome", "Shipped", "Rejected", "Reason", "SecondsToDone")
			}
			c.want["SecondsToDone"] = 1.5
			require.Equal(t, c.want, ship())
			require.Equal(t, "repeated", ship()["outcome"], "and is not counted again")
			spans := daemon.Next(t, 2)
			require.Equal(t, []any{"ship order", "o1", "c1", c.want["outcome"]},
				[]any{spans[0].Name, spans[0].Annotations["orderId"], spans[0].Annotations["customerId"], spans[0].Annotations["outcome"]})
			require.Equal(t, []string{tracetest.Root, tracetest.Parent}, []string{spans[0].TraceID, spans[0].ParentID})
		})
	}
}

func TestAnOrderThatIsNotShippedIsAFault(t *testing.T) {
	w := start(t)
	w.orders = &orders.Table{Client: w.client, Name: "absent"}
	lines := handlertest.Logged(t, func() { require.Error(t, w.ship(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), "o1")) })
	require.Equal(t, map[string]any{"level": "ERROR", "orderId": "o1", "outcome": "failed"}, handlertest.Fields(lines[0], "level", "orderId", "outcome"))
	s := daemon.Next(t, 1)[0]
	require.True(t, s.Fault)
	require.Equal(t, "failed", s.Annotations["outcome"])
}
