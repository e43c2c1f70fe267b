package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

// traced runs the function in a sampled invocation, and returns its status and the lines that it logs.
func (w *world) traced(t *testing.T, file string) (status int, lines []map[string]any) {
	t.Helper()
	t.Setenv("PATTERN", "checker")
	lines = handlertest.Logged(t, func() {
		answer, err := w.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), event(t, file))
		status, _ = handlertest.Answer(t, answer, err)
	})
	return status, lines
}

func TestAnAcceptedOrderIsTracedLoggedAndCountedInOneLine(t *testing.T) {
	w := start(t)
	status, lines := w.traced(t, "post-order.json")
	require.Equal(t, 200, status)
	id := w.all()["c1"].OrderID
	require.Len(t, lines, 1)
	require.NotNil(t, lines[0]["_aws"])
	delete(lines[0], "_aws")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "order captured", "pattern": "checker", "requestId": "r-1", "traceId": tracetest.Root,
		"apiRequestId": event(t, "post-order.json").RequestContext.RequestID, "orderId": id, "customerId": "c1",
		"outcome": "accepted", "Pattern": "checker", "Accepted": 1.0,
	}, lines[0])
	s := daemon.Next(t, 1)[0]
	require.Equal(t, []string{"capture orders", tracetest.Root, tracetest.Parent}, []string{s.Name, s.TraceID, s.ParentID})
	require.Equal(t, map[string]any{"orderId": id, "customerId": "c1", "pattern": "checker", "outcome": "accepted"}, s.Annotations)
}

func TestEachOrderOfABatchHasASpanAndALineOfItsOwn(t *testing.T) {
	w := start(t)
	w.fail = map[string]error{"c2": errors.New("down")}
	status, lines := w.traced(t, "post-orders.json")
	require.Equal(t, 200, status)
	want := map[any]any{}
	for customer, rec := range w.all() {
		want[rec.OrderID] = "accepted"
		if customer == "c2" {
			want[rec.OrderID] = "rejected"
		}
	}
	accepted, rejected := 0, 0
	for _, line := range lines {
		require.Contains(t, want, line["orderId"])
		if line["Accepted"] == 1.0 {
			accepted++
		}
		if line["Rejected"] == 1.0 {
			require.Equal(t, map[string]any{"Reason": "NotPublished", "customerId": "c2"}, handlertest.Fields(line, "Reason", "customerId"))
			rejected++
		}
	}
	require.Equal(t, []int{2, 1}, []int{accepted, rejected})
	spans := daemon.Next(t, 4)
	all := spans[3]
	require.Equal(t, "capture orders", all.Name)
	require.NotContains(t, all.Annotations, "orderId")
	got := map[any]any{}
	for _, s := range spans[:3] {
		require.Equal(t, []string{"capture order", all.ID}, []string{s.Name, s.ParentID})
		require.Equal(t, s.Annotations["customerId"] == "c2", s.Fault)
		got[s.Annotations["orderId"]] = s.Annotations["outcome"]
	}
	require.Equal(t, want, got)
}

func TestARefusedOrderIsCountedAndItsContentIsNotLogged(t *testing.T) {
	w := start(t)
	t.Setenv("PATTERN", "checker")
	r := event(t, "post-order.json")
	r.Body = `{"customerId":"c1","items":"secret"}`
	lines := handlertest.Logged(t, func() { _, _ = w.handle(t.Context(), r) })
	require.Len(t, lines, 1)
	require.Equal(t, map[string]any{"msg": "order refused", "outcome": "refused", "Rejected": 1.0, "Reason": "Refused"},
		handlertest.Fields(lines[0], "msg", "outcome", "Rejected", "Reason", "error", "customerId"))
}

func TestARepeatedRequestIsNotAcceptedTwiceOnceTheOrderIsDecided(t *testing.T) {
	w := start(t)
	_, lines := w.traced(t, "post-order-key.json")
	require.Equal(t, 1.0, lines[0]["Accepted"])
	_, rejected, err := w.orders.Reject(t.Context(), w.all()["c1"].OrderID, "Pending", "why")
	require.NoError(t, err)
	require.True(t, rejected)
	_, lines = w.traced(t, "post-order-key.json")
	require.Equal(t, map[string]any{"msg": "order was captured before", "outcome": "repeated"}, handlertest.Fields(lines[0], "msg", "outcome", "Accepted"))
	daemon.Next(t, 2)
}
