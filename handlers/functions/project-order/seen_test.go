package main

import (
	"strings"
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

const trace = "Root=1-5759e989-000000000000000000000001;Parent=00000000000000aa;Sampled=1"

func TestAnEventIsSeenInTheTraceThatItCarries(t *testing.T) {
	t.Setenv("PATTERN", "stream")
	recorded := batch(t, "placed-completed-duplicate.json").Records[0]
	for want, c := range map[string]struct {
		fails   map[string]error
		old     string // what the event has instead of an id, if it is malformed
		metrics []any
	}{
		"stored":     {nil, "", []any{1.0, nil, nil}},
		"superseded": {map[string]error{"o1": &types.ConditionalCheckFailedException{}}, "", []any{nil, 1.0, nil}},
		"rejected":   {nil, `"id":"0f6d`, []any{nil, nil, 1.0}},
	} {
		r := recorded
		data := strings.Replace(string(r.Kinesis.Data), "{", `{"trace":"`+trace+`",`, 1)
		if c.old != "" {
			data = strings.Replace(data, c.old, `"id":"x`, 1)
		}
		r.Kinesis.Data = []byte(data)
		h := &handler{
			reader: (&handlertest.Failures{}).Reader(),
			orders: &store.Writer{Client: &coffeetest.Table{Fails: c.fails}, Table: "orders", Now: clock},
		}
		lines := handlertest.Logged(t, func() {
			response, err := h.handle(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), events.KinesisEvent{Records: []events.KinesisEventRecord{r}})
			require.Empty(t, handlertest.Checkpoint(t, response, err))
		})
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []string{"1-5759e989-000000000000000000000001", "00000000000000aa", ""}, []string{s.TraceID, s.ParentID, s.Type})
		require.Equal(t, map[string]any{"orderId": "o1", "accountId": "a0", "vendorId": "v0", "pattern": "stream", "outcome": want}, s.Annotations)
		require.Len(t, lines, 1)
		require.Equal(t, []any{"o1", want, s.TraceID, "r-1"}, []any{lines[0]["orderId"], lines[0]["outcome"], lines[0]["traceId"], lines[0]["requestId"]})
		require.Equal(t, c.metrics, []any{lines[0]["Stored"], lines[0]["Superseded"], lines[0]["Rejected"]}, want)
		require.Equal(t, want == "stored", lines[0]["SecondsToDone"] != nil)
	}
}

func TestAnEventWithoutATraceOrWithAnInvalidOneIsStored(t *testing.T) {
	for _, with := range []string{"{", `{"trace":"x",`, `{"trace":7,`} {
		r := batch(t, "placed-completed-duplicate.json").Records[0]
		r.Kinesis.Data = []byte(strings.Replace(string(r.Kinesis.Data), "{", with, 1))
		tab := &coffeetest.Table{}
		require.Empty(t, call(t, tab, events.KinesisEvent{Records: []events.KinesisEventRecord{r}}))
		require.Equal(t, []string{"o1"}, tab.Puts)
	}
}
