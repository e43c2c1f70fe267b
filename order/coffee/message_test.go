package coffee_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/coffee"
)

func TestAMessageKeepsWhenItsOrderWasAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := coffee.Message{Order: orders().Draw(t, "order"), Accepted: clock}
		if rapid.Bool().Draw(t, "says no time") {
			m.Accepted = time.Time{}
		}
		doc, err := m.JSON()
		require.NoError(t, err)
		back, err := coffee.ParseMessage(doc)
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}

func TestAMessageIsTheCanonicalFormAndTheTime(t *testing.T) {
	o, err := coffee.ParseRequest([]byte(request), clock)
	require.NoError(t, err)
	o.OrderID = "o1"
	canonical, err := o.JSON()
	require.NoError(t, err)
	message, err := coffee.Message{Order: o, Accepted: clock.Add(1999 * time.Nanosecond)}.JSON()
	require.NoError(t, err)
	require.Equal(t, strings.TrimSuffix(string(canonical), "}")+`,"accepted":"2026-03-01T12:00:00.000001Z"}`, string(message))

	_, err = coffee.Parse(message)
	require.ErrorContains(t, err, `has an unknown field "accepted"`, "the canonical form does not have it")
}

func TestAnOrderThatWasAcceptedIsNotComparedWithAClockAgain(t *testing.T) {
	m, err := coffee.ParseMessage([]byte(`{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"9999-12-31T23:59:59Z",` +
		`"eventtype":["order_completed"],"accepted":"2026-03-01T12:00:00Z"}`))
	require.NoError(t, err)
	require.Equal(t, 9999, m.Order.OrderDate.Year())
}

func TestMessagesAreRefusedWithEveryFault(t *testing.T) {
	for in, want := range map[string]string{
		``:                     "body: is empty",
		`[]`:                   "body: must be an object, got an array",
		`{"accepted":"today"}`: `accepted: must be a time as RFC 3339 ("2026-03-01T08:30:00Z") or "YYYY-MM-DD HH:MM:SS[.ffffff]" in UTC, got "today"; orderid: is missing`,
	} {
		_, err := coffee.ParseMessage([]byte(in))
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid, in)
		require.ErrorContains(t, err, want)
	}
}
