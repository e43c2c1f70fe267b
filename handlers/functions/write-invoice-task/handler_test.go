package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// call invokes the function as the Lambda runtime does. errorType is the name that Step Functions matches.
func call(t *testing.T, b *coffeetest.Bucket, input []byte) (output, errorType string, err error) {
	return handlertest.Invoke(t, (&handler{invoices: &invoice.Writer{Client: b, Bucket: "invoices"}}).handle, input)
}

const (
	orderID = "7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"
	id      = "26a4ce47-b9a1-5995-966c-292b5c1e6618"
	key     = "invoices/a0/251629946999876543/v0/" + orderID + "/" + id + ".json"
	written = `{"invoiceid":"` + id + `","key":"` + key + `"}`
)

func TestWritingAnInvoiceIsIdempotent(t *testing.T) {
	b := &coffeetest.Bucket{}
	// Step Functions keeps the value of a number, and not its spelling.
	for _, file := range []string{"order.json", "order.json", "order-respelled.json"} {
		out, _, err := call(t, b, handlertest.Recorded(t, file))
		require.NoError(t, err)
		require.Equal(t, written, out)
	}
	require.Len(t, b.Objects, 1)
	require.Contains(t, b.Objects[key], `"invoiceid":"`+id+`","orderid":"`+orderID+`"`)
	require.Contains(t, b.Objects[key], `"total":7}`)
}

func TestAnInputWithoutAnInvoiceIsAnInvalidOrder(t *testing.T) {
	for what, input := range map[string][]byte{
		"a completion": handlertest.Recorded(t, "order-completed.json"), "nothing": []byte(`{}`), "an order without id": []byte(`{"order":{}}`), "a list": []byte(`[1]`),
	} {
		b := &coffeetest.Bucket{}
		_, errorType, err := call(t, b, input)
		require.Equal(t, "InvalidOrder", errorType, "%s: %v", what, err)
		require.Empty(t, b.Objects, what)
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"InvoiceUnavailable": &smithy.GenericAPIError{Code: "SlowDown", Message: "slow down"},
		"InvoiceRefused":     &smithy.GenericAPIError{Code: "InvalidArgument", Message: "no PutObject for you"},
	} {
		_, errorType, err := call(t, &coffeetest.Bucket{Fails: map[string]error{orderID: cause}}, handlertest.Recorded(t, "order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "writing the invoice of order "+orderID+" to bucket invoices: "+cause.Error())
	}
}

func TestALostAnswerIsUnavailableAndARetryGivesTheSameResult(t *testing.T) {
	b := &coffeetest.Bucket{Lose: errors.New("connection reset by peer")}
	_, errorType, err := call(t, b, handlertest.Recorded(t, "order.json"))
	require.Equal(t, "InvoiceUnavailable", errorType, err)
	b.Lose = nil
	out, _, err := call(t, b, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, written, out)
	require.Len(t, b.Objects, 1)
}

func TestTheTaskEndsBeforeItsInvocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	b := &coffeetest.Bucket{}
	_, err := (&handler{invoices: &invoice.Writer{Client: b, Bucket: "invoices"}}).handle(ctx, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	require.NotZero(t, b.Deadline)
	require.True(t, b.Deadline.Before(end))
}
