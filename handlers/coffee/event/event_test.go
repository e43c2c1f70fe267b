package event_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const (
	placed = `{"id":"0f6d3c3e-8a2b-4c59-9b7e-3f1f0c1d2e3a","type":"new_order","time":"2026-03-01T08:30:01.000123Z","version":1772353800123456,` +
		`"order":{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00.123456Z","city":"Zürich",` +
		`"details":{"coffeetype":"Flat <White>","coffeesize":"large","unitprice":3.5,"quantity":2},"eventtype":["new_order"]}}`
	completed = `{"id":"0f6d3c3e-8a2b-4c59-9b7e-3f1f0c1d2e3a","type":"order_completed","time":"2026-03-01T08:41:00Z","version":1772354400000000,` +
		`"order":{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:40:00Z","eventtype":["order_completed"]}}`
)

func TestEventIsLaidOutAsDocumented(t *testing.T) {
	for _, want := range []string{placed, completed, strings.TrimSuffix(placed, "}") + `,"trace":"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"}`} {
		e, err := event.Parse([]byte(want))
		require.NoError(t, err)
		id := uuid.MustParse("0f6d3c3e-8a2b-4c59-9b7e-3f1f0c1d2e3a")
		// The nanoseconds and the time zone of the clock do not matter.
		now := e.Time.Add(999 * time.Nanosecond).In(time.FixedZone("", 3600))
		again := event.New(e.Order, id, now)
		again.Trace = e.Trace
		require.Equal(t, e, again)
		doc, err := again.JSON()
		require.NoError(t, err)
		require.Equal(t, want, string(doc))
	}
}

func TestParseReadsBackWhatJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(-62167219200000000, 253402300799999999)
		o := coffee.Order{
			OrderID: "o", AccountID: rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "accountid"), VendorID: "v", EventType: coffee.OrderCompleted,
			OrderDate: time.UnixMicro(micros.Draw(t, "orderdate")).UTC(),
		}
		e := event.New(o, uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")), time.UnixMicro(micros.Draw(t, "time")))
		doc, err := e.JSON()
		require.NoError(t, err)
		back, err := event.Parse(doc)
		require.NoError(t, err)
		require.Equal(t, e, back)
	})
}

func TestParseNamesTheFieldThatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{placed, ``, "body: is empty"},
		{placed, `[]`, "body: must be an object, got an array"},
		{placed, `{"order":`, "body: is not valid JSON"},
		{`"id":`, `"ID":`, `body: has an unknown field "ID" (known: id, type, time, version, order, trace); id: is missing`},
		{`"id":"0`, `"id":"g`, `id: must be a UUID in lower case, got "gf6d3c3e`},
		{`"id":"0f6d3c3e`, `"id":"0F6D3C3E`, "id: must be a UUID in lower case"},
		{`"id":"0f6d3c3e-8a2b-4c59-9b7e-3f1f0c1d2e3a"`, `"id":7`, "id: must be a string, got 7"},
		{`"type":"new_order",`, ``, "type: is missing"},
		{`"type":"new_order"`, `"type":"new"`, `type: must be "new_order" or "order_completed", got "new"`},
		{`"type":"new_order"`, `"type":["new_order"]`, "type: must be a string, got an array"},
		{`"type":"new_order"`, `"type":"order_completed"`, `type: must be "new_order" as in order.eventtype, got "order_completed"`},
		{`"time":"2026-03-01T08:30:01.000123Z",`, ``, "time: is missing"},
		{`01.000123Z`, `01.0001234Z`, "time: must be a time as RFC 3339 in UTC to the microsecond"},
		{`01.000123Z`, `01.000120Z`, "time: must be a time"},
		{`01.000123Z`, `01.000123+01:00`, "time: must be a time"},
		{`"2026-03-01T08:30:01.000123Z"`, `null`, "time: must be a string, got null"},
		{`"version":1772353800123456,`, ``, "version: is missing"},
		{`"version":1772353800123456`, `"version":"1772353800123456"`, `version: must be an integer, got "1772353800123456"`},
		{`"version":1772353800123456`, `"version":1.5`, "version: must be an integer, got 1.5"},
		{`"version":1772353800123456`, `"version":1`, "version: must be 1772353800123456, the microseconds of order.orderdate, got 1"},
		{`"order":{`, `"orders":{`, "order: is missing"},
		{`"orderid":"o1",`, ``, "order.orderid: is missing"},
		{`"quantity":2`, `"quantity":0`, "order.details.quantity: must be an integer from 1 to 10000, got 0"},
		{`"city":`, `"citty":`, `order: has an unknown field "citty"`},
	} {
		in := strings.Replace(placed, c.old, c.new, 1)
		require.NotEqual(t, placed, in)
		_, err := event.Parse([]byte(in))
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid, c.new)
		require.Contains(t, err.Error(), c.want, c.new)
	}
}

func TestParseReportsEveryFaultAtOnce(t *testing.T) {
	_, err := event.Parse([]byte(`{"id":1,"type":"x","version":null,"order":{"orderid":"o1","accountid":"/","vendorid":"v0","orderdate":"2026-03-01T08:40:00Z","eventtype":["order_completed"]}}`))
	require.EqualError(t, err, `id: must be a string, got 1; time: is missing; type: must be "new_order" or "order_completed", got "x"; `+
		`version: must be an integer, got null; order.accountid: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "/"`)
}

func FuzzParseTakesOnlyWhatAgreesWithItsOrder(f *testing.F) {
	for _, s := range []string{placed, completed, `{}`, strings.Replace(completed, "1772354400000000", "-0", 1)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := event.Parse([]byte(s))
		if err != nil {
			return
		}
		var raw struct {
			Type    coffee.EventType
			Version int64
		}
		require.NoError(t, json.Unmarshal([]byte(s), &raw))
		require.Equal(t, e.Order.EventType, raw.Type)
		require.Equal(t, e.Order.Version(), raw.Version)
		doc, err := e.JSON()
		require.NoError(t, err)
		back, err := event.Parse(doc)
		require.NoError(t, err)
		require.Equal(t, e, back)
	})
}
