package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestATokenIsTracedByItsAccountOnly(t *testing.T) {
	h, i := start(t)
	for authorization, want := range map[string]map[string]any{
		"Bearer " + i.Token(t, now, nil): {"accountId": "a0", "outcome": "allowed"},
		"Bearer bad":                     {"outcome": "refused"},
	} {
		_, _ = h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), event(t, authorization))
		s := daemon.Next(t, 1)[0]
		require.Equal(t, "verify token", s.Name)
		require.Equal(t, want, s.Annotations)
		require.False(t, s.Fault)
	}
}
