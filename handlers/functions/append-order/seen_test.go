package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

// send sends a request in an invocation with this tracing header, and returns the lines that it logs.
func send(t *testing.T, to *stream, r httpapi.Request, header string) []map[string]any {
	t.Helper()
	h := &handler{stream: to, streamARN: streamARN, now: func() time.Time { return now }}
	return handlertest.Logged(t, func() {
		_, err := h.handle(tracetest.Invocation(t.Context(), header, "r-1"), r)
		require.NoError(t, err)
	})
}

func TestTheRecordCarriesTheTraceOfTheRequest(t *testing.T) {
	t.Setenv("PATTERN", "stream")
	to := &stream{}
	lines := send(t, to, request(t, "post-completed.json"), tracetest.Sampled)
	s := daemon.Next(t, 1)[0]
	require.Equal(t, []string{tracetest.Root, tracetest.Parent, "append order"}, []string{s.TraceID, s.ParentID, s.Name})
	require.Equal(t, map[string]any{"orderId": "mine", "accountId": "a0", "vendorId": "v0", "pattern": "stream", "outcome": "accepted"}, s.Annotations)
	e, err := event.Parse([]byte(to.records[0]))
	require.NoError(t, err)
	require.Equal(t, "Root="+tracetest.Root+";Parent="+s.ID+";Sampled=1", e.Trace)
	require.Len(t, lines, 1)
	require.Equal(t, []any{"mine", tracetest.Root, "r-1", 1.0}, []any{lines[0]["orderId"], lines[0]["traceId"], lines[0]["requestId"], lines[0]["Accepted"]})
}

func TestTheRecordOfARequestThatIsNotSampledCarriesItsTrace(t *testing.T) {
	header := strings.Replace(tracetest.Sampled, "Sampled=1", "Sampled=0", 1)
	for _, header := range []string{header, ""} {
		to := &stream{}
		send(t, to, request(t, "post-order.json"), header)
		e, err := event.Parse([]byte(to.records[0]))
		require.NoError(t, err)
		require.Equal(t, header, e.Trace)
		require.Equal(t, header != "", strings.Contains(to.records[0], `"trace"`))
	}
	daemon.Nothing(t)
}

func TestARequestThatIsNotAcceptedIsSeen(t *testing.T) {
	t.Setenv("PATTERN", "stream")
	good := request(t, "post-completed.json")
	bad := good
	bad.Body = strings.Replace(good.Body, `"mine"`, `"mine", "citty": "Rome"`, 1)
	for want, c := range map[string]struct {
		to       *stream
		r        httpapi.Request
		rejected any
	}{
		"refused": {&stream{}, bad, 1.0},
		"failed":  {&stream{fail: errors.New("down")}, good, nil},
	} {
		lines := send(t, c.to, c.r, tracetest.Sampled)
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{"mine", want}, []any{s.Annotations["orderId"], s.Annotations["outcome"]})
		require.Equal(t, want == "failed", s.Fault)
		require.Len(t, lines, 1)
		require.Equal(t, []any{"mine", want, c.rejected, nil}, []any{lines[0]["orderId"], lines[0]["outcome"], lines[0]["Rejected"], lines[0]["Accepted"]})
		require.NotContains(t, lines[0], "Rome")
	}
}
