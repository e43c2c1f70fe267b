package store_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const day = 24 * time.Hour

// accepted is an event and when it was accepted.
type accepted struct {
	order coffee.Order
	at    time.Time
}

// history are the events of one account and shop over some months, in the order in which they were accepted. Clients are up
// to 23 hours late, and their clocks up to five minutes ahead.
func history() *rapid.Generator[[]accepted] {
	return rapid.Custom(func(t *rapid.T) []accepted {
		var events []accepted
		at := now
		for i := range rapid.IntRange(2, 6).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 24 * 60, 40 * 24 * 60}).Draw(t, "minutes later")) * time.Minute)
			o := placed("o"+strconv.Itoa(i), 0)
			if rapid.Bool().Draw(t, "completed") {
				o = completed("o"+strconv.Itoa(i), 0)
			}
			o.OrderDate = at.Add(time.Duration(rapid.IntRange(-23*60, 5).Draw(t, "orderdate")) * time.Minute)
			events = append(events, accepted{o, at})
		}
		return events
	})
}

// delivery is one delivery of an event.
type delivery struct {
	accepted
	when time.Time
}

// deliveries has each event at least once within the time that one way through SNS, a queue and its dead-letter queue takes,
// and some again up to a year later, as redrives of redrives can be.
func deliveries(t *rapid.T, events []accepted) []delivery {
	var all []delivery
	for _, e := range events {
		const oneWay = 23*day + 14*day + 14*day
		all = append(all, delivery{e, e.at.Add(time.Duration(rapid.IntRange(0, int(oneWay/time.Minute)).Draw(t, "first delivery")) * time.Minute)})
		for _, days := range rapid.SliceOfN(rapid.IntRange(0, 400), 0, 3).Draw(t, "later deliveries") {
			all = append(all, delivery{e, e.at.Add(time.Duration(days) * day)})
		}
	}
	slices.SortStableFunc(all, func(a, b delivery) int { return a.when.Compare(b.when) })
	return all
}

// tables are a table of which DynamoDB deletes a tombstone in the moment in which it expires, and one that keeps everything.
type tables struct{ expiring, complete table }

// consume delivers an event to both tables, unless it is refused. The clock of the function differs by up to ten minutes.
func (s *tables) consume(t *rapid.T, o coffee.Order, at, when time.Time) {
	s.expire(when)
	skew := time.Duration(rapid.IntRange(-10, 10).Draw(t, "skew")) * time.Minute
	w := &store.Writer{Client: &s.expiring, Table: "orders", Now: func() time.Time { return when.Add(skew) }}
	if _, err := w.Consume(context.Background(), o, at); err != nil {
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid)
		require.Greater(t, when.Add(skew).Sub(at), coffee.MaxAge, "only what is too old is refused")
		require.False(t, o.Completed(), "a completion is never too old")
		return
	}
	_, err := (&store.Writer{Client: &s.complete, Table: "orders", Now: clock}).Apply(context.Background(), o)
	require.NoError(t, err)
}

func (s *tables) expire(now time.Time) {
	for k, it := range s.expiring.items {
		if expires, ok := it["expires"].(*types.AttributeValueMemberN); ok {
			if at, err := strconv.ParseInt(expires.Value, 10, 64); err == nil && at <= now.Unix() {
				delete(s.expiring.items, k)
			}
		}
	}
}

// requireSameActiveOrder asserts that a reader cannot tell that tombstones were deleted.
func (s *tables) requireSameActiveOrder(t *rapid.T, when string) {
	want, wantErr := get(&s.complete)
	got, err := get(&s.expiring)
	require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), when)
	require.Equal(t, want, got, when)
}

func TestNoCompletedOrderComesBackHoweverLateItsMessageIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &tables{}
		for _, d := range deliveries(t, history().Draw(t, "history")) {
			s.consume(t, d.order, d.at, d.when)
			s.requireSameActiveOrder(t, fmt.Sprintf("after %s of %s", d.order.OrderID, d.when))
		}
	})
}

func TestAReplayOfAWholeStreamOfAYearEndsAsTheFirstReadingDid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, events := &tables{}, history().Draw(t, "history")
		var last time.Time
		for _, d := range deliveries(t, events) {
			s.consume(t, d.order, d.at, d.when)
			last = d.when
		}
		if rapid.Bool().Draw(t, "the table was lost") {
			s.expiring.items = nil
		}
		// Interrupted somewhere, and repeated from the start. Nothing in it says when an event was accepted.
		when := last.Add(time.Duration(rapid.IntRange(0, 365).Draw(t, "days until the replay")) * day)
		for _, e := range append(events[:rapid.IntRange(0, len(events)).Draw(t, "interrupted after"):len(events)], events...) {
			s.consume(t, e.order, time.Time{}, when)
			when = when.Add(time.Minute)
		}
		s.requireSameActiveOrder(t, "after the replay")
	})
}

func TestAnOrderThatIsTooOldIsRefusedByName(t *testing.T) {
	at := now.Add(-coffee.MaxAge)
	for name, c := range map[string]struct {
		order   coffee.Order
		at      time.Time
		refused bool
	}{
		"as old as it may be":                     {placed("o1", 0), at, false},
		"older":                                   {placed("o1", 0), at.Add(-time.Microsecond), true},
		"a completion that is older":              {completed("o1", 0), at.Add(-365 * day), false},
		"it is not known when it was accepted":    {placed("o1", 0), time.Time{}, false},
		"accepted by a clock that is a bit ahead": {placed("o1", 0), now.Add(time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &table{}
			stored, err := writer(tab).Consume(t.Context(), c.order, c.at)
			require.Equal(t, !c.refused, stored)
			if !c.refused {
				require.NoError(t, err)
				return
			}
			var invalid *coffee.InvalidOrder
			require.ErrorAs(t, err, &invalid, "a retry does not help")
			require.EqualError(t, err, "accepted: 2026-01-01T11:59:59.999999Z is 59 days ago; after more than 59 days an order is not stored, "+
				"because its completion may be forgotten")
			require.Zero(t, tab.puts)
		})
	}
}
