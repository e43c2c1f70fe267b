package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAnInvoiceIsSeenInTheTraceOfItsMessage(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	const body = `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","city":"Berlin",` +
		`"details":{"coffeetype":"latte","coffeesize":"small","unitprice":3.5,"quantity":QTY},"eventtype":["new_order"],"accepted":"2026-03-01T08:30:01Z"}`
	h := &handler{invoices: &invoice.Writer{Client: &coffeetest.Bucket{}, Bucket: "b"}}
	for _, c := range []struct{ quantity, outcome string }{{"1", "invoiced"}, {"1", "repeated"}, {"0", "rejected"}} {
		q := &handlertest.Queue{}
		h.queue = q.Consumer()
		m := events.SQSMessage{MessageId: "m1", Body: strings.Replace(body, "QTY", c.quantity, 1), Attributes: map[string]string{
			"AWSTraceHeader": "Root=1-5759e989-000000000000000000000001;Parent=00000000000000aa;Sampled=1", "ApproximateReceiveCount": "2",
		}}
		lines := handlertest.Logged(t, func() {
			response, err := h.handle(tracetest.Invocation(t.Context(), "", "r-1"), events.SQSEvent{Records: []events.SQSMessage{m}})
			require.Empty(t, handlertest.Failed(t, response, err))
		})
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{"1-5759e989-000000000000000000000001", "00000000000000aa", 2.0}, []any{s.TraceID, s.ParentID, s.Metadata["default"]["attempt"]})
		require.Equal(t, map[string]any{"orderId": "o1", "accountId": "a0", "vendorId": "v0", "pattern": "fan-out", "outcome": c.outcome}, s.Annotations)
		require.Len(t, lines, 1)
		require.Equal(t, []any{"o1", c.outcome, "m1", s.TraceID}, []any{lines[0]["orderId"], lines[0]["outcome"], lines[0]["messageId"], lines[0]["traceId"]})
		require.Equal(t, c.outcome == "invoiced", lines[0]["Invoiced"] != nil)
	}
}
