package main

import (
	"testing"

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

func TestTheSpanOfAnOrderHasItsIDsAndOutcome(t *testing.T) {
	for want, fails := range map[string]map[string]error{
		"stored":     nil,
		"superseded": {"o0": &types.ConditionalCheckFailedException{}},
	} {
		b := batch(t, "ten-one-malformed.json")
		b = events.SQSEvent{Records: b.Records[:1]}
		q := &handlertest.Queue{}
		h := &handler{queue: q.Consumer(), orders: &store.Writer{Client: &coffeetest.Table{Fails: fails}, Table: "orders", Now: clock}}
		response, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), b)
		require.Empty(t, handlertest.Failed(t, response, err))
		s := daemon.Next(t, 1)[0]
		require.Equal(t, "o0", s.Annotations["orderId"])
		require.Equal(t, want, s.Annotations["outcome"])
		require.NotEmpty(t, s.Annotations["accountId"])
		require.NotEmpty(t, s.Annotations["vendorId"])
		require.Len(t, s.Annotations, 4, "and no PATTERN in this test")
	}
}
