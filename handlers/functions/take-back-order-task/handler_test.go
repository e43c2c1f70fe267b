package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
)

const orderID = "7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"

// call invokes the function as the Lambda runtime does. errorType is the name that Step Functions matches.
func call(t *testing.T, tab *coffeetest.Table, input []byte) (output, errorType string, err error) {
	return handlertest.Invoke(t, (&handler{orders: &store.Writer{Client: tab, Table: "orders", Now: func() time.Time { return time.Unix(0, 0) }}}).handle, input)
}

func TestAnOrderIsTakenBackInWhicheverFormItComes(t *testing.T) {
	var items []item.Item
	for _, file := range []string{"order.json", "as-submitted.json"} {
		tab := &coffeetest.Table{}
		for range 2 {
			out, _, err := call(t, tab, handlertest.Recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, `{"takenback":true}`, out)
		}
		items = append(items, tab.Items["a0/v0"])
	}
	require.Equal(t, items[0], items[1])
	require.Contains(t, items[0], "orderid")
	require.NotContains(t, items[0], "details")
}

func TestAnotherOrderUnderTheKeyIsNotChanged(t *testing.T) {
	out, _, err := call(t, &coffeetest.Table{Fails: map[string]error{orderID: &types.ConditionalCheckFailedException{}}}, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, `{"takenback":false}`, out)
}

func TestAnInputThatCannotBeTakenBackIsAnInvalidOrder(t *testing.T) {
	for what, input := range map[string][]byte{
		"a completion": handlertest.Recorded(t, "order-completed.json"), "nothing": []byte(`{}`), "an order without id": []byte(`{"order":{}}`), "a list": []byte(`[1]`),
	} {
		tab := &coffeetest.Table{}
		_, errorType, err := call(t, tab, input)
		require.Equal(t, "InvalidOrder", errorType, "%s: %v", what, err)
		require.Empty(t, tab.Puts, what)
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"StoreUnavailable": &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "slow down"},
		"StoreRefused":     &smithy.GenericAPIError{Code: "ValidationException", Message: "no PutItem for you"},
	} {
		_, errorType, err := call(t, &coffeetest.Table{Fails: map[string]error{orderID: cause}}, handlertest.Recorded(t, "order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "taking order "+orderID+" back from table orders: "+cause.Error())
	}
}

func TestALostAnswerIsUnavailableAndARetryGivesTheSameResult(t *testing.T) {
	tab, want := &coffeetest.Table{Lose: errors.New("connection reset by peer")}, &coffeetest.Table{}
	_, errorType, err := call(t, tab, handlertest.Recorded(t, "order.json"))
	require.Equal(t, "StoreUnavailable", errorType, err)
	tab.Lose = nil
	out, _, err := call(t, tab, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	once, _, err := call(t, want, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, once, out)
	require.Equal(t, want.Items, tab.Items)
}

func TestTheTaskEndsBeforeItsInvocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	tab := &coffeetest.Table{}
	_, err := (&handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}).handle(ctx, handlertest.Recorded(t, "order.json"))
	require.NoError(t, err)
	require.NotZero(t, tab.Deadline)
	require.True(t, tab.Deadline.Before(end))
}
