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
	"github.com/order-patterns/order-patterns/order/coffee"
)

// clock is an hour after the recorded events were accepted.
func clock() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }

// batch reads a recorded event.
var batch = handlertest.Event[events.SQSEvent]

func call(t *testing.T, tab *coffeetest.Table, b events.SQSEvent) []string {
	t.Helper()
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}
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

func TestAMessageThatIsTooOldIsRefused(t *testing.T) {
	tab := &coffeetest.Table{}
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}
	const message = `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2025-12-01T08:30:00Z","city":"Berlin",` +
		`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":3.5,"quantity":2},"accepted":"2025-12-01T08:30:00Z"}`
	var invalid *coffee.InvalidOrder
	err := h.store(t.Context(), events.SQSMessage{Body: message})
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "accepted: 2025-12-01T08:30:00Z is 90 days ago")
	require.Empty(t, tab.Puts)
}
