package main

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// batch reads a recorded event.
var batch = handlertest.Event[events.SQSEvent]

func call(t *testing.T, tab *coffeetest.Table, b events.SQSEvent) []string {
	t.Helper()
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}
	response, err := h.handle(t.Context(), b)
	slices.Sort(tab.Puts)
	return handlertest.Failed(t, response, err)
}

func TestOfTenMessagesTheMalformedOneFailsAlone(t *testing.T) {
	tab, b := &coffeetest.Table{}, batch(t, "ten-one-malformed.json")
	require.Equal(t, []string{b.Records[4].MessageId}, call(t, tab, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, tab.Puts)
}

func TestWriteThatFailsIsReportedAndAffectsNoOther(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	tab := &coffeetest.Table{Fails: map[string]error{"o7": errors.New("throttled")}}
	require.Equal(t, []string{b.Records[4].MessageId, b.Records[7].MessageId}, call(t, tab, b))
	require.Len(t, tab.Puts, 8)
}

func TestSupersededOrderIsSuccess(t *testing.T) {
	tab := &coffeetest.Table{Fails: map[string]error{"o1": &types.ConditionalCheckFailedException{}}}
	require.Empty(t, call(t, tab, batch(t, "placed-completed-duplicate.json")))
	require.Equal(t, []string{"o2", "o3", "o3", "o4"}, tab.Puts)
}

func TestBodyThatIsNotAnOrderFailsAlone(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	b.Records[0].Body = ""
	b.Records[2].Body = `{"Type":"Notification","Message":"{}"}`
	require.Equal(t, []string{b.Records[0].MessageId, b.Records[2].MessageId}, call(t, &coffeetest.Table{}, b))
}
