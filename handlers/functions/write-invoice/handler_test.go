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

func call(t *testing.T, to *coffeetest.Bucket, b events.SQSEvent) []string {
	t.Helper()
	h := &handler{invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(t.Context(), b)
	return handlertest.Failed(t, response, err)
}

func TestOfTenMessagesTheMalformedOneFailsAlone(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "ten-one-malformed.json")
	require.Equal(t, []string{b.Records[4].MessageId}, call(t, to, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, to.Invoiced(t))
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, b := &coffeetest.Bucket{}, batch(t, "placed-completed-duplicate.json")
	require.Empty(t, call(t, to, b))
	require.Equal(t, []string{"o1", "o3"}, to.Invoiced(t))
	require.Empty(t, call(t, to, b), "the whole batch again")
	require.Len(t, to.Objects, 2)
}

func TestInvoiceThatCannotBeWrittenIsReported(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	to := &coffeetest.Bucket{Fails: map[string]error{"o8": errors.New("SlowDown")}}
	require.Equal(t, []string{b.Records[4].MessageId, b.Records[8].MessageId}, call(t, to, b))
}
