package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAnOrderIsSeenInTheTraceOfItsMessage(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	for want, fails := range map[string]map[string]error{
		"stored":     nil,
		"superseded": {"o0": &types.ConditionalCheckFailedException{}},
	} {
		b := batch(t, "ten-one-malformed.json")
		b = events.SQSEvent{Records: b.Records[:1]}
		b.Records[0].Attributes = map[string]string{"AWSTraceHeader": "Root=1-5759e989-000000000000000000000001;Parent=00000000000000aa;Sampled=1"}
		b.Records[0].Body = strings.Replace(b.Records[0].Body, "{", `{"accepted":"2026-03-01T08:59:30Z",`, 1)
		q := &handlertest.Queue{}
		h := &handler{queue: q.Consumer(), orders: &store.Writer{Client: &coffeetest.Table{Fails: fails}, Table: "orders", Now: clock}}
		lines := handlertest.Logged(t, func() {
			response, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), b)
			require.Empty(t, handlertest.Failed(t, response, err))
		})
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []string{"1-5759e989-000000000000000000000001", "00000000000000aa"}, []string{s.TraceID, s.ParentID})
		require.Equal(t, "o0", s.Annotations["orderId"])
		require.Equal(t, want, s.Annotations["outcome"])
		require.NotEmpty(t, s.Annotations["accountId"])
		require.NotEmpty(t, s.Annotations["vendorId"])
		require.Len(t, s.Annotations, 5)
		require.Len(t, lines, 1)
		require.Equal(t, []any{"o0", want, s.TraceID}, []any{lines[0]["orderId"], lines[0]["outcome"], lines[0]["traceId"]})
		require.Equal(t, want == "stored", lines[0]["Stored"] != nil)
		require.Equal(t, want == "superseded", lines[0]["Superseded"] != nil)
		if want == "stored" {
			require.Equal(t, clock().Sub(time.Date(2026, 3, 1, 8, 59, 30, 0, time.UTC)).Seconds(), lines[0]["SecondsToDone"])
		}
	}
}
