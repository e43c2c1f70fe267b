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

func TestAnInvoiceIsSeenInTheTraceOfItsEvent(t *testing.T) {
	t.Setenv("PATTERN", "stream")
	b := batch(t, "placed-completed-duplicate.json")
	b.Records = b.Records[:2]
	for i, r := range b.Records {
		b.Records[i].Kinesis.Data = []byte(strings.Replace(string(r.Kinesis.Data), "{", `{"trace":"Root=1-5759e989-000000000000000000000001;Sampled=1",`, 1))
	}
	to := &coffeetest.Bucket{}
	h := &handler{reader: (&handlertest.Failures{}).Reader(), invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	invoke := func() []map[string]any {
		return handlertest.Logged(t, func() {
			for _, r := range b.Records {
				response, err := h.handle(tracetest.Invocation(t.Context(), "", "r-1"), events.KinesisEvent{Records: []events.KinesisEventRecord{r}})
				require.Empty(t, handlertest.Checkpoint(t, response, err))
			}
		})
	}
	for _, outcomes := range [][]any{{"invoiced", "completed"}, {"repeated", "completed"}} {
		lines := invoke()
		for i, s := range daemon.Next(t, 2) {
			require.Equal(t, "1-5759e989-000000000000000000000001", s.TraceID)
			require.Equal(t, outcomes[i], s.Annotations["outcome"])
			require.Equal(t, outcomes[i], lines[i]["outcome"])
			require.Equal(t, s.Annotations["orderId"], lines[i]["orderId"])
			require.Equal(t, outcomes[i] == "invoiced", lines[i]["Invoiced"] != nil)
			require.Equal(t, outcomes[i] == "invoiced", lines[i]["SecondsToDone"] != nil)
		}
	}
}
