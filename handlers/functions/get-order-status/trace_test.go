package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
	"github.com/order-patterns/order-patterns/local/fault"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestARequestIsTracedWithWhatItFound(t *testing.T) {
	h, db, _ := start(t)
	r := request(t)
	look := func() map[string]any {
		t.Helper()
		_, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), r)
		require.NoError(t, err)
		return daemon.Next(t, 1)[0].Annotations
	}
	// Not the order's id: it finds the order's own trace.
	require.Equal(t, map[string]any{"customerId": "c1", "outcome": "found"}, look())
	r.PathParameters["orderId"] = "o2"
	require.Equal(t, map[string]any{"outcome": "absent"}, look())
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	lines := handlertest.Logged(t, func() { require.Equal(t, "failed", look()["outcome"]) })
	require.Equal(t, map[string]any{"orderId": "o2", "outcome": "failed", "apiRequestId": r.RequestContext.RequestID},
		handlertest.Fields(lines[0], "orderId", "outcome", "apiRequestId"))
}
