package main

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// batch reads a recorded event.
var batch = handlertest.Event[events.KinesisEvent]

// call invokes the function with the batch, and returns the checkpoint, or "" if all was done.
func call(t *testing.T, to *coffeetest.Bucket, b events.KinesisEvent) string {
	t.Helper()
	h := &handler{invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(t.Context(), b)
	return handlertest.Checkpoint(t, response, err)
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "placed-completed-duplicate.json")
	require.Empty(t, call(t, to, b))
	require.Equal(t, []string{"o1", "o3"}, to.Invoiced(t))
	slices.Reverse(b.Records)
	require.Empty(t, call(t, to, b), "the whole batch again")
	require.Len(t, to.Objects, 2)
}

func TestMalformedRecordIsTheCheckpointAndStopsItsAccountAlone(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "four-accounts-one-malformed.json")
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, to, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o6", "o7"}, to.Invoiced(t), "o5 waits behind it")
	require.Empty(t, call(t, to, events.KinesisEvent{Records: b.Records[4:]}))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o5", "o6", "o7"}, to.Invoiced(t))
}

func TestInvoiceThatCannotBeWrittenIsTheCheckpoint(t *testing.T) {
	b := batch(t, "four-accounts-one-malformed.json")
	to := &coffeetest.Bucket{Fails: map[string]error{"o2": errors.New("SlowDown")}}
	require.Equal(t, b.Records[2].Kinesis.SequenceNumber, call(t, to, b))
	require.NotContains(t, to.Invoiced(t), "o7", "of the same account, and later")

	to.Fails = nil
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, to, events.KinesisEvent{Records: b.Records[2:]}))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o6", "o7"}, to.Invoiced(t))
}
