package main

import (
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// batch reads a recorded event.
var batch = handlertest.Event[events.SQSEvent]

// call returns the ids of the failed messages, and the bodies of the dead letters.
func call(t *testing.T, to *coffeetest.Bucket, b events.SQSEvent) (failed, dead []string) {
	t.Helper()
	q := &handlertest.Queue{}
	h := &handler{queue: q.Consumer(), invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(t.Context(), b)
	return handlertest.Failed(t, response, err), q.DeadBodies()
}

func TestOnlyTheMalformedOneOfTenMessagesIsADeadLetter(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "ten-one-malformed.json")
	failed, dead := call(t, to, b)
	require.Empty(t, failed)
	require.Equal(t, []string{b.Records[4].Body}, dead)
	require.Equal(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, to.Invoiced(t))
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "placed-completed-duplicate.json")
	failed, dead := call(t, to, b)
	require.Empty(t, failed)
	require.Empty(t, dead)
	require.Equal(t, []string{"o1", "o3"}, to.Invoiced(t))
	failed, _ = call(t, to, b)
	require.Empty(t, failed, "the whole batch again")
	require.Len(t, to.Objects, 2)
}

func TestInvoiceThatCannotBeWrittenIsReported(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	to := &coffeetest.Bucket{Fails: map[string]error{"o8": errors.New("SlowDown")}}
	failed, dead := call(t, to, b)
	require.Equal(t, []string{b.Records[8].MessageId}, failed)
	require.Equal(t, []string{b.Records[4].Body}, dead)
}
