package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestASearchIsSeenWithItsAccount(t *testing.T) {
	for want, b := range map[string]*bucket{"found": {keys: []string{"invoices/a0/200/v0/o1/i1.json"}}, "absent": {}, "failed": {fail: errors.New("down")}} {
		h := &handler{invoices: &invoice.Finder{List: b, Presign: b, Bucket: "b"}}
		_, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), request(t, "get-invoice.json"))
		require.NoError(t, err)
		s := daemon.Next(t, 1)[0]
		require.Equal(t, map[string]any{"accountId": "a0", "outcome": want}, s.Annotations)
		require.Equal(t, "find invoice", s.Name)
		require.Equal(t, want == "failed", s.Fault)
	}
}
