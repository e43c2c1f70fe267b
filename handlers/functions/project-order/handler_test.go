package main

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// clock is an hour after the recorded events were accepted.
func clock() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }

// batch reads a recorded event.
var batch = handlertest.Event[events.KinesisEvent]

// call invokes the function with the batch, and returns the checkpoint, or "" if all was done. Nothing may be sent to the
// failure queue.
func call(t *testing.T, tab *coffeetest.Table, b events.KinesisEvent) string {
	t.Helper()
	f := &handlertest.Failures{}
	defer func() { require.Empty(t, f.Sent) }()
	return callReporting(t, tab, f, b)
}

// callReporting is call with a failure queue.
func callReporting(t *testing.T, tab *coffeetest.Table, f *handlertest.Failures, b events.KinesisEvent) string {
	t.Helper()
	h := &handler{reader: f.Reader(), orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}
	response, err := h.handle(t.Context(), b)
	return handlertest.Checkpoint(t, response, err)
}

func TestTheNewestEventOfEachKeyIsTheItem(t *testing.T) {
	tab := &coffeetest.Table{}
	require.Empty(t, call(t, tab, batch(t, "placed-completed-duplicate.json")))
	require.Equal(t, []string{"o1", "o2", "o3", "o4", "o3"}, tab.Puts, "in the order of the stream")
	require.Equal(t, map[string]string{"a0/v0": "o1", "a0/v1": "o4"}, tab.Orders())
}

func TestDuplicatesReverseOrderAndSplitBatchesGiveTheSameItems(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	once := &coffeetest.Table{}
	call(t, once, b)
	reversed := slices.Clone(b.Records)
	slices.Reverse(reversed)
	for name, batches := range map[string][][]events.KinesisEventRecord{
		"twice":     {b.Records, b.Records},
		"reversed":  {reversed},
		"in pieces": {b.Records[2:], b.Records[:3], b.Records[1:2]},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &coffeetest.Table{}
			for _, records := range batches {
				require.Empty(t, call(t, tab, events.KinesisEvent{Records: records}))
			}
			require.Equal(t, once.Orders(), tab.Orders())
		})
	}
}

func TestMalformedRecordIsReportedAndDelaysNoOther(t *testing.T) {
	tab, f, b := &coffeetest.Table{}, &handlertest.Failures{}, batch(t, "four-accounts-one-malformed.json")
	require.Empty(t, callReporting(t, tab, f, b))
	require.Equal(t, []string{"a0/v0", "a0/v6", "a1/v1", "a1/v5", "a2/v2", "a2/v7", "a3/v4"}, slices.Sorted(maps.Keys(tab.Items)))
	require.Len(t, f.Sent, 1)
	require.Contains(t, f.Sent[0].Error, "reading the record as an order event: ")
	require.Equal(t, b.Records[3].Kinesis.Data, f.Sent[0].Record.Data)
	require.Equal(t, b.Records[3].EventSourceArn, f.Sent[0].Record.StreamARN)
	require.Equal(t, b.Records[3].EventID, f.Sent[0].Record.ShardID+":"+f.Sent[0].Record.SequenceNumber)
}

func TestMalformedRecordThatCannotBeReportedIsTheCheckpoint(t *testing.T) {
	tab, f, b := &coffeetest.Table{}, &handlertest.Failures{Refuse: errors.New("AccessDenied")}, batch(t, "four-accounts-one-malformed.json")
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, callReporting(t, tab, f, b))
	f.Refuse = nil
	require.Empty(t, callReporting(t, tab, f, events.KinesisEvent{Records: b.Records[3:]}))
	require.Equal(t, []string{b.Records[3].Kinesis.SequenceNumber}, f.Numbers())
	require.Len(t, tab.Items, 7)
}

func TestWriteThatFailsIsTheCheckpoint(t *testing.T) {
	b := batch(t, "four-accounts-one-malformed.json")
	tab := &coffeetest.Table{Fails: map[string]error{"o1": errors.New("throttled"), "o7": errors.New("throttled")}}
	require.Equal(t, b.Records[1].Kinesis.SequenceNumber, call(t, tab, b))
	require.NotContains(t, tab.Puts, "o5")
	require.Contains(t, tab.Puts, "o6")
	// The malformed record comes after it, and will be reported when the batch is delivered again.
	tab.Fails = nil
	f := &handlertest.Failures{}
	require.Empty(t, callReporting(t, tab, f, events.KinesisEvent{Records: b.Records[1:]}))
	require.Equal(t, []string{b.Records[3].Kinesis.SequenceNumber}, f.Numbers())
}

func TestRecordThatIsNotAnEventIsReported(t *testing.T) {
	for _, data := range []string{"", "hello", `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:40:00Z","eventtype":["order_completed"]}`} {
		b := batch(t, "placed-completed-duplicate.json")
		b.Records[4].Kinesis.Data = []byte(data)
		f := &handlertest.Failures{}
		require.Empty(t, callReporting(t, &coffeetest.Table{}, f, b))
		require.Equal(t, []string{b.Records[4].Kinesis.SequenceNumber}, f.Numbers())
	}
}

func TestEachEventIsLoggedWithItsPlace(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	lines := handlertest.Logged(t, func() { call(t, &coffeetest.Table{}, b) })
	require.Len(t, lines, 5)
	for i, want := range []string{"stored", "superseded"} {
		require.Equal(t, want, lines[i]["outcome"])
		require.Equal(t, []string{"o1", "o2"}[i], lines[i]["orderId"])
		require.Equal(t, []string{"new_order", "order_completed"}[i], lines[i]["eventType"])
		require.Equal(t, "0f6d3c3e-8a2b-4c59-9b7e-00000000000"+strconv.Itoa(i), lines[i]["eventId"])
		require.Equal(t, b.Records[i].Kinesis.SequenceNumber, lines[i]["sequenceNumber"])
	}
}

func TestAnOrderThatIsTooOldFailsUnlessTheWholeStreamIsReplayed(t *testing.T) {
	for source, want := range map[string][]string{"aws:kinesis": {"o2", "o4"}, coffee.ReplaySource: {"o1", "o2", "o3", "o4", "o3"}} {
		t.Run(source, func(t *testing.T) {
			tab, b := &coffeetest.Table{}, batch(t, "placed-completed-duplicate.json")
			h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: func() time.Time { return clock().Add(coffee.MaxAge) }}}
			for _, r := range b.Records {
				r.EventSource = source
				_, project := event.Consumer(h.project)(r)
				err := project(t.Context())
				var invalid *coffee.InvalidOrder
				require.Equal(t, err != nil, errors.As(err, &invalid), err)
			}
			require.Equal(t, want, tab.Puts)
		})
	}
}
