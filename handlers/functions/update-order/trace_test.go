package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

// The recorded batch has the findings that make o0 ready, that reject o1 for its stock and o3 for its account, a malformed one, one of
// no order, and copies.
func TestTheFindingThatRejectsAnOrderIsCountedOnceByItsReason(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	w, b := start(t), batch(t)
	for i := range b.Records {
		b.Records[i].Attributes["AWSTraceHeader"] = tracetest.Sampled
	}
	lines := handlertest.Logged(t, func() { call(t, w, b) })
	reasons, ready := map[any]any{}, 0
	for _, line := range lines {
		require.NotEmpty(t, line["messageId"])
		require.Equal(t, tracetest.Root, line["traceId"])
		if line["outcome"] == "ready" && line["check"] != nil {
			ready++
		}
		if line["Rejected"] == nil {
			continue
		}
		require.NotNil(t, line["_aws"])
		require.NotContains(t, reasons, line["orderId"], "once")
		reasons[line["orderId"]] = line["Reason"]
		if line["Reason"] != "DeadLettered" {
			require.Equal(t, map[string]any{"msg": "finding applied", "outcome": "rejected", "customerId": "c1"}, handlertest.Fields(line, "msg", "outcome", "customerId"))
			require.Greater(t, line["SecondsToDone"], 0.0)
		}
	}
	require.Equal(t, 1, ready)
	require.Equal(t, "Stock", reasons["o1"])
	require.Equal(t, "Balance", reasons["o3"])
	require.Len(t, reasons, 4, "and two dead letters")

	outcomes := map[any]bool{}
	for _, s := range daemon.Next(t, len(b.Records)) {
		require.Equal(t, []string{tracetest.Root, tracetest.Parent}, []string{s.TraceID, s.ParentID})
		outcomes[s.Annotations["outcome"]] = true
	}
	require.Subset(t, outcomes, map[any]bool{"ready": true, "rejected": true, "applied": true})

	lines = handlertest.Logged(t, func() { call(t, w, only(b, 0, 1, 7, 9)) })
	for _, line := range lines {
		require.NotContains(t, line, "Rejected", "a copy rejects nothing")
	}
	daemon.Next(t, 4)
}
