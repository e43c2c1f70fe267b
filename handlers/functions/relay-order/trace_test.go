package main

import (
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAMessageOfSeveralOrdersHasASpanForEach(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	w := start(t)
	for _, id := range []string{"o1", "o2", "o3", "o6"} {
		w.order(t, id)
	}
	w.decide(t, "o3")
	w.fail = map[string]error{"o2": errors.New("down")}
	b := handlertest.Event[events.SQSEvent](t, "two.json")
	for _, m := range b.Records {
		m.Attributes["AWSTraceHeader"] = tracetest.Sampled
	}
	lines := handlertest.Logged(t, func() {
		response, err := w.handle(t.Context(), b)
		require.Equal(t, []string{"m1", "m2"}, handlertest.Failed(t, response, err))
	})
	for _, line := range lines {
		require.Equal(t, tracetest.Root, line["traceId"])
		require.NotEmpty(t, line["messageId"])
	}
	outcomes, messages := map[any]any{}, 0
	for _, s := range daemon.Next(t, 7) {
		if s.Name != "watch order" {
			messages++
			require.Equal(t, tracetest.Parent, s.ParentID)
		}
		if id := s.Annotations["orderId"]; id != nil {
			outcomes[id] = s.Annotations["outcome"]
			require.Equal(t, id == "o2", s.Fault, "an order that is Pending is no fault")
		}
	}
	require.Equal(t, 2, messages)
	require.Equal(t, map[any]any{"o1": "pending", "o2": "pending", "o3": "decided", "o4": "absent", "o5": "absent", "o6": "pending"}, outcomes)
}
