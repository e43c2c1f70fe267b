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
func call(t *testing.T, to *coffeetest.Bucket, f *handlertest.Failures, b events.KinesisEvent) string {
	t.Helper()
	h := &handler{reader: f.Reader(), invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(t.Context(), b)
	return handlertest.Checkpoint(t, response, err)
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, f, b := &coffeetest.Bucket{}, &handlertest.Failures{}, batch(t, "placed-completed-duplicate.json")
	require.Empty(t, call(t, to, f, b))
	require.Equal(t, []string{"o1", "o3"}, to.Invoiced(t))
	slices.Reverse(b.Records)
	require.Empty(t, call(t, to, f, b), "the whole batch again")
	require.Len(t, to.Objects, 2)
	require.Empty(t, f.Sent)
}

func TestMalformedRecordIsReportedAndDelaysNoOther(t *testing.T) {
	to, f, b := &coffeetest.Bucket{}, &handlertest.Failures{}, batch(t, "four-accounts-one-malformed.json")
	require.Empty(t, call(t, to, f, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o5", "o6", "o7"}, to.Invoiced(t))
	require.Equal(t, []string{b.Records[3].Kinesis.SequenceNumber}, f.Numbers())
}

func TestMalformedRecordThatCannotBeReportedIsTheCheckpoint(t *testing.T) {
	to, f, b := &coffeetest.Bucket{}, &handlertest.Failures{Refuse: errors.New("AccessDenied")}, batch(t, "four-accounts-one-malformed.json")
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, to, f, b))
}

func TestInvoiceThatCannotBeWrittenIsTheCheckpoint(t *testing.T) {
	b := batch(t, "four-accounts-one-malformed.json")
	to, f := &coffeetest.Bucket{Fails: map[string]error{"o2": errors.New("SlowDown")}}, &handlertest.Failures{}
	require.Equal(t, b.Records[2].Kinesis.SequenceNumber, call(t, to, f, b))
	require.NotContains(t, to.Invoiced(t), "o7", "of the same account, and later")
	require.Empty(t, f.Sent, "the malformed record comes later, and will be delivered again")

	to.Fails = nil
	require.Empty(t, call(t, to, f, events.KinesisEvent{Records: b.Records[2:]}))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o5", "o6", "o7"}, to.Invoiced(t))
	require.Equal(t, []string{b.Records[3].Kinesis.SequenceNumber}, f.Numbers())
}
