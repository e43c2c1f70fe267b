package main

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// clock is an hour after the recorded events were accepted.
func clock() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }

// batch reads a recorded event.
var batch = handlertest.Event[events.SQSEvent]

// call returns the ids of the failed messages, and the bodies of the dead letters.
func call(t *testing.T, tab *coffeetest.Table, b events.SQSEvent) (failed, dead []string) {
	t.Helper()
	q := &handlertest.Queue{}
	h := &handler{queue: q.Consumer(), orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}
	response, err := h.handle(t.Context(), b)
	slices.Sort(tab.Puts)
	return handlertest.Failed(t, response, err), q.DeadBodies()
}

func TestOnlyTheMalformedOneOfTenMessagesIsADeadLetter(t *testing.T) {
	tab, b := &coffeetest.Table{}, batch(t, "ten-one-malformed.json")
	failed, dead := call(t, tab, b)
	require.Empty(t, failed)
	require.Equal(t, []string{b.Records[4].Body}, dead)
	require.Equal(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, tab.Puts)
}

func TestWriteThatFailsIsReportedAndAffectsNoOther(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	tab := &coffeetest.Table{Fails: map[string]error{"o7": errors.New("throttled")}}
	failed, dead := call(t, tab, b)
	require.Equal(t, []string{b.Records[7].MessageId}, failed)
	require.Equal(t, []string{b.Records[4].Body}, dead)
	require.Len(t, tab.Puts, 8)
}

func TestSupersededOrderIsSuccess(t *testing.T) {
	tab := &coffeetest.Table{Fails: map[string]error{"o1": &types.ConditionalCheckFailedException{}}}
	failed, dead := call(t, tab, batch(t, "placed-completed-duplicate.json"))
	require.Empty(t, failed)
	require.Empty(t, dead)
	require.Equal(t, []string{"o2", "o3", "o3", "o4"}, tab.Puts)
}

// A permission that is missing may come back: only the message itself is a reason to give up.
func TestAccessDeniedIsDeliveredAgain(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	tab := &coffeetest.Table{Fails: map[string]error{"o7": &smithy.GenericAPIError{Code: "AccessDeniedException"}}}
	failed, _ := call(t, tab, b)
	require.Equal(t, []string{b.Records[7].MessageId}, failed)
}

func TestBodyThatIsNotAnOrderIsADeadLetterAlone(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	b.Records[0].Body = ""
	b.Records[2].Body = `{"Type":"Notification","Message":"{}"}`
	failed, dead := call(t, &coffeetest.Table{}, b)
	require.Empty(t, failed)
	require.ElementsMatch(t, []string{b.Records[0].Body, b.Records[2].Body}, dead)
}

func TestAMessageThatIsTooOldIsADeadLetter(t *testing.T) {
	tab := &coffeetest.Table{}
	const message = `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2025-12-01T08:30:00Z","city":"Berlin",` +
		`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":3.5,"quantity":2},"accepted":"2025-12-01T08:30:00Z"}`
	b := batch(t, "placed-completed-duplicate.json")
	b.Records = b.Records[:1]
	b.Records[0].Body = message
	q := &handlertest.Queue{}
	h := &handler{queue: q.Consumer(), orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}
	response, err := h.handle(t.Context(), b)
	require.Empty(t, handlertest.Failed(t, response, err))
	require.Equal(t, []string{message}, q.DeadBodies())
	require.Contains(t, *q.Dead()[0].MessageAttributes["Error"].StringValue, "accepted: 2025-12-01T08:30:00Z is 90 days ago")
	require.Empty(t, tab.Puts)
}
