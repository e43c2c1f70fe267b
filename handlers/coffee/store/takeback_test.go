package store_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/order/coffee"
)

func takeBack(t require.TestingT, tab *table, o coffee.Order) bool {
	back, err := writer(tab).TakeBack(context.Background(), o)
	require.NoError(t, err)
	return back
}

func TestRulesOfTakingBack(t *testing.T) {
	bigger := placed("o1", 30)
	bigger.Details.Quantity = 3
	for name, c := range map[string]struct {
		before    []coffee.Order
		takenBack bool // whether placed("o1", 30) was
	}{
		"the item is taken back":                          {[]coffee.Order{placed("o1", 30)}, true},
		"so is one of which nothing is seen":              {nil, true},
		"a newer order survives":                          {[]coffee.Order{placed("o1", 30), placed("o0", 31)}, false},
		"an older order survives":                         {[]coffee.Order{placed("o2", 29)}, false},
		"an order of the same time survives":              {[]coffee.Order{placed("o1", 30), placed("o2", 30)}, false},
		"so does one of a lower id":                       {[]coffee.Order{placed("o0", 30)}, false},
		"another content under the same id survives":      {[]coffee.Order{bigger}, false},
		"a completion survives":                           {[]coffee.Order{placed("o1", 30), completed("o1", 31)}, false},
		"a completion of the same time survives":          {[]coffee.Order{placed("o1", 30), completed("o1", 30)}, false},
		"the order at another shop is none of its affair": {[]coffee.Order{placed("o1", 30), elsewhere(placed("o1", 30))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &table{}
			apply(t, tab, c.before...)
			before := maps.Clone(tab.items)
			require.Equal(t, c.takenBack, takeBack(t, tab, placed("o1", 30)))
			require.Equal(t, c.takenBack, takeBack(t, tab, placed("o1", 30)), "the same answer again")
			if !c.takenBack {
				require.Empty(t, cmp.Diff(before, tab.items, ignore))
				return
			}
			_, err := get(tab)
			require.ErrorIs(t, err, store.ErrNotFound)
			stored, err := writer(tab).Apply(context.Background(), placed("o1", 30))
			require.NoError(t, err)
			require.False(t, stored, "what comes late does not bring it back")
			_, err = get(tab)
			require.ErrorIs(t, err, store.ErrNotFound)
			require.Len(t, tab.items, max(len(before), 1))
		})
	}
}

func elsewhere(o coffee.Order) coffee.Order {
	o.VendorID = "v1"
	return o
}

func TestAnyNewerEventReplacesATakenBackOrder(t *testing.T) {
	for name, newer := range map[string]coffee.Order{
		"order": placed("o0", 31), "order of the same time": placed("o2", 30), "completion": completed("o0", 30),
	} {
		t.Run(name, func(t *testing.T) {
			tab, want := &table{}, &table{}
			apply(t, tab, placed("o1", 30))
			takeBack(t, tab, placed("o1", 30))
			apply(t, tab, newer)
			apply(t, want, newer)
			require.Empty(t, cmp.Diff(want.items, tab.items, ignore))
		})
	}
}

func TestTheTombstoneOfATakenBackOrder(t *testing.T) {
	tab := &table{}
	apply(t, tab, placed("o1", 30))
	takeBack(t, tab, placed("o1", 30))
	want := item{
		"accountid": s("a0"), "vendorid": s("v0"), "orderid": s("o1"), "orderdate": s("2026-03-01T08:30:00Z"),
		"eventtype": &types.AttributeValueMemberL{Value: []types.AttributeValue{s("order_taken_back")}},
		"version":   n("1772353800000000"), "tie": s("0#o1#" + fingerprint(t, placed("o1", 30)) + "#back"), "expires": n("1777550400"),
	}
	require.Empty(t, cmp.Diff(want, tab.items["a0/v0"], ignore))
}

func TestAnotherAttemptPlacesAnOrderAgainThatWasTakenBack(t *testing.T) {
	attempt := func(tab *table, name string) *store.Writer {
		w := writer(tab)
		w.Attempt = name
		return w
	}
	for name, c := range map[string]struct {
		before []coffee.Order // besides the order itself, which the attempt "m" took back
		by     string
		stored bool
	}{
		"the same attempt, late":       {nil, "m", false},
		"a later attempt":              {nil, "n", true},
		"a later attempt, lower name":  {nil, "a", true},
		"a consumer without a name":    {nil, "", false},
		"a newer order is in place":    {[]coffee.Order{placed("o0", 31)}, "n", false},
		"a completion is in place":     {[]coffee.Order{completed("o1", 30)}, "n", false},
		"an order that ranks above it": {[]coffee.Order{placed("o2", 30)}, "n", false},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &table{}
			apply(t, tab, placed("o1", 30))
			back, err := attempt(tab, "m").TakeBack(context.Background(), placed("o1", 30))
			require.NoError(t, err)
			require.True(t, back)
			apply(t, tab, c.before...)
			for range 2 {
				stored, err := attempt(tab, c.by).Apply(context.Background(), placed("o1", 30))
				require.NoError(t, err)
				require.Equal(t, c.stored, stored)
			}
			// The next failure takes it back again.
			back, err = attempt(tab, c.by).TakeBack(context.Background(), placed("o1", 30))
			require.NoError(t, err)
			require.Equal(t, len(c.before) == 0, back)
		})
	}
	// A tombstone of an earlier version of this package names no attempt.
	tab := &table{}
	takeBack(t, tab, placed("o1", 30))
	stored, err := attempt(tab, "n").Apply(context.Background(), placed("o1", 30))
	require.NoError(t, err)
	require.False(t, stored)
}

func TestACompletionCannotBeTakenBack(t *testing.T) {
	tab := &table{}
	apply(t, tab, completed("o1", 30))
	_, err := writer(tab).TakeBack(context.Background(), completed("o1", 30))
	var invalid *coffee.InvalidOrder
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "order.eventtype")
	require.Equal(t, 1, tab.puts)
}

func TestFailureToTakeBackIsAnErrorNotSuccess(t *testing.T) {
	broken := errors.New("throttled")
	back, err := writer(&table{fail: broken}).TakeBack(context.Background(), placed("o1", 30))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "taking order o1 back from table orders")
	require.False(t, back)
}

// step is one call on the table, whose answer may be lost.
type step struct {
	back, lost bool
	order      coffee.Order
}

func (s step) run(t require.TestingT, tab *table) {
	lost := errors.New("the function died before it answered")
	if s.lost {
		tab.lose = lost
	}
	do := writer(tab).Apply
	if s.back {
		do = writer(tab).TakeBack
	}
	_, err := do(context.Background(), s.order)
	if err != nil {
		require.ErrorIs(t, err, lost)
	}
	tab.lose = nil // nothing was written, so nothing was lost
}

// steps draws calls for an order: stored at least once, taken back at least once, in any order, some answers lost.
func steps(t *rapid.T, o coffee.Order) []step {
	var all []step
	for i := range rapid.IntRange(2, 7).Draw(t, "calls") {
		all = append(all, step{back: i == 0 || i > 1 && rapid.Bool().Draw(t, "back"), lost: rapid.Bool().Draw(t, "lost"), order: o})
	}
	return rapid.Permutation(all).Draw(t, "delivery")
}

func TestAnOrderThatWasTakenBackStaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab, takenBack := &table{}, false
		for _, call := range steps(t, placed("o1", 30)) {
			call.run(t, tab)
			takenBack = takenBack || call.back
			_, err := get(tab)
			if takenBack {
				require.ErrorIs(t, err, store.ErrNotFound)
			} else {
				require.NoError(t, err)
			}
		}
		require.False(t, func() bool { stored, _ := writer(tab).Apply(context.Background(), placed("o1", 30)); return stored }())
	})
}

func TestANewerEventSurvivesAnyStoringAndTakingBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newer := rapid.SampledFrom([]coffee.Order{placed("o0", 31), placed("o2", 30), completed("o0", 31), completed("o1", 30)}).Draw(t, "newer")
		all := append(steps(t, placed("o1", 30)), step{order: newer}, step{order: newer, lost: true})
		tab, want := &table{}, &table{}
		step{order: newer}.run(t, want)
		seen := false
		for _, call := range rapid.Permutation(all).Draw(t, "all") {
			call.run(t, tab)
			if seen = seen || cmp.Equal(call.order, newer); seen {
				require.Empty(t, cmp.Diff(want.items, tab.items, ignore))
			}
		}
	})
}

// As in the state machine: an order is taken back only after it was stored, but calls are repeated and arrive late.
func TestAnyDeliveryOfStoredAndTakenBackOrdersEndsInTheSameItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SliceOfN(events(), 1, 5).Draw(t, "events")
		var all []step
		want := &table{}
		for _, o := range set {
			all = append(all, step{order: o})
			step{order: o}.run(t, want)
			if !o.Completed() && rapid.Bool().Draw(t, "taken back") {
				all = append(all, step{order: o, back: true})
				step{order: o, back: true}.run(t, want)
			}
		}
		all = append(all, rapid.SliceOfN(rapid.SampledFrom(slices.Clone(all)), 0, 6).Draw(t, "repeated")...)
		got, stored := &table{}, map[coffee.Order]bool{}
		for _, call := range rapid.Permutation(all).Draw(t, "delivery") {
			call.lost = rapid.Bool().Draw(t, "lost")
			if call.back && !stored[call.order] {
				step{order: call.order}.run(t, got)
			}
			stored[call.order] = true
			call.run(t, got)
		}
		if diff := cmp.Diff(want.items, got.items, ignore); diff != "" {
			t.Fatal(diff)
		}
	})
}
