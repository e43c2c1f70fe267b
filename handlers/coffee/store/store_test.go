package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func writer(t *table) *store.Writer {
	return &store.Writer{Client: t, Table: "orders", Now: clock}
}

func placed(id string, minute int) coffee.Order {
	return coffee.Order{
		OrderID: id, AccountID: "a0", VendorID: "v0", EventType: coffee.NewOrder, City: "Berlin",
		OrderDate: time.Date(2026, 3, 1, 8, minute, 0, 0, time.UTC),
		Details:   coffee.Details{CoffeeType: "espresso", CoffeeSize: "small", UnitPrice: 35_000, Quantity: 2},
	}
}

func completed(id string, minute int) coffee.Order {
	o := placed(id, minute)
	o.EventType, o.City, o.Details = coffee.OrderCompleted, "", coffee.Details{}
	return o
}

func apply(t testing.TB, tab *table, events ...coffee.Order) {
	t.Helper()
	for _, o := range events {
		_, err := writer(tab).Apply(context.Background(), o)
		require.NoError(t, err)
	}
}

func get(tab *table) (coffee.Order, error) {
	return (&store.Reader{Client: tab, Table: "orders"}).Get(context.Background(), "a0", "v0")
}

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

func TestItemHasTheAttributesOfTheContract(t *testing.T) {
	tab := &table{}
	apply(t, tab, placed("o1", 30))
	want := item{
		"accountid": s("a0"), "vendorid": s("v0"), "orderid": s("o1"), "orderdate": s("2026-03-01T08:30:00Z"), "city": s("Berlin"),
		"details":   &types.AttributeValueMemberM{Value: item{"coffeetype": s("espresso"), "coffeesize": s("small"), "unitprice": n("3.5"), "quantity": n("2")}},
		"eventtype": &types.AttributeValueMemberL{Value: []types.AttributeValue{s("new_order")}},
		"version":   n("1772353800000000"),
		"tie":       s("0#o1#" + fingerprint(t, placed("o1", 30))),
	}
	require.Empty(t, cmp.Diff(want, tab.items["a0/v0"], ignore))
}

func TestTombstoneKeepsNoDetailsAndExpiresInSixtyDays(t *testing.T) {
	tab := &table{}
	apply(t, tab, placed("o1", 30), completed("o2", 31))
	want := item{
		"accountid": s("a0"), "vendorid": s("v0"), "orderid": s("o2"), "orderdate": s("2026-03-01T08:31:00Z"),
		"eventtype": &types.AttributeValueMemberL{Value: []types.AttributeValue{s("order_completed")}},
		"version":   n("1772353860000000"), "tie": s("1#o2#" + fingerprint(t, completed("o2", 31))), "expires": n("1777550400"),
	}
	require.Empty(t, cmp.Diff(want, tab.items["a0/v0"], ignore))
	require.Equal(t, now.AddDate(0, 0, 60).Unix(), int64(1777550400))
}

func TestGetReturnsWhatWasStored(t *testing.T) {
	tab := &table{}
	_, err := get(tab)
	require.ErrorIs(t, err, store.ErrNotFound)

	apply(t, tab, placed("o1", 30))
	got, err := get(tab)
	require.NoError(t, err)
	require.Equal(t, placed("o1", 30), got)

	apply(t, tab, completed("o1", 31))
	_, err = get(tab)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestRulesOfRank(t *testing.T) {
	bigger := placed("o1", 30)
	bigger.Details.Quantity = 3
	for name, c := range map[string]struct {
		first, second coffee.Order
		wins          bool // whether second takes the key
	}{
		"a newer order wins":                              {placed("o1", 30), placed("o0", 31), true},
		"an older order loses":                            {placed("o1", 30), placed("o2", 29), false},
		"a duplicate is the item already":                 {placed("o1", 30), placed("o1", 30), true},
		"at one time the higher id wins":                  {placed("o1", 30), placed("o2", 30), true},
		"at one time the lower id loses":                  {placed("o2", 30), placed("o1", 30), false},
		"a completion removes an older order":             {placed("o1", 30), completed("o1", 31), true},
		"a completion of the same time wins":              {placed("o9", 30), completed("o1", 30), true},
		"a late completion does not remove a newer order": {placed("o2", 32), completed("o1", 31), false},
		"a late order does not undo a completion":         {completed("o1", 31), placed("o1", 30), false},
		"an order of a completion's time loses":           {completed("o1", 31), placed("o9", 31), false},
		"an order after a completion wins":                {completed("o1", 31), placed("o2", 32), true},
		"a duplicate completion is the item already":      {completed("o1", 31), completed("o1", 31), true},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &table{}
			apply(t, tab, c.first)
			stored, err := writer(tab).Apply(context.Background(), c.second)
			require.NoError(t, err)
			require.Equal(t, c.wins, stored)
		})
	}

	t.Run("two contents under one id agree on one in either order", func(t *testing.T) {
		one, two := &table{}, &table{}
		apply(t, one, placed("o1", 30), bigger)
		apply(t, two, bigger, placed("o1", 30))
		require.Empty(t, cmp.Diff(one.items, two.items, ignore))
	})
}

// Few times, ids and contents, so that ties of every kind are frequent.
func events() *rapid.Generator[coffee.Order] {
	return rapid.Custom(func(t *rapid.T) coffee.Order {
		o := placed(rapid.SampledFrom([]string{"o", "o-1", "o1", "o.2"}).Draw(t, "orderid"), rapid.IntRange(0, 2).Draw(t, "minute"))
		o.VendorID = rapid.SampledFrom([]string{"v0", "v0", "v1"}).Draw(t, "vendor")
		if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
			o.EventType, o.City, o.Details = coffee.OrderCompleted, "", coffee.Details{}
			return o
		}
		o.Details.UnitPrice = money.FromInt(rapid.Int64Range(1, 2).Draw(t, "price"))
		return o
	})
}

func TestAnyDeliveryEndsInTheSameItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SliceOfN(events(), 1, 6).Draw(t, "events")
		want := &table{}
		for _, o := range set {
			_, err := writer(want).Apply(context.Background(), o)
			require.NoError(t, err)
		}
		// Each event at least once, some twice, in any order.
		delivery := append(slices.Clone(set), rapid.SliceOfN(rapid.SampledFrom(set), 0, 6).Draw(t, "duplicates")...)
		delivery = rapid.Permutation(delivery).Draw(t, "delivery")
		got := &table{}
		for _, o := range delivery {
			_, err := writer(got).Apply(context.Background(), o)
			require.NoError(t, err)
		}
		if diff := cmp.Diff(want.items, got.items, ignore); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEveryPermutationOfASmallSetEndsInTheSameItem(t *testing.T) {
	changed := placed("o2", 31)
	changed.City = "Paris"
	set := []coffee.Order{placed("o1", 30), placed("o2", 31), changed, completed("o1", 31), completed("o3", 31), placed("o4", 29)}
	want := &table{}
	apply(t, want, set...)
	runs := 0
	permute(set, func(delivery []coffee.Order) {
		got := &table{}
		apply(t, got, delivery...)
		apply(t, got, delivery...) // and everything once more
		require.Empty(t, cmp.Diff(want.items, got.items, ignore))
		runs++
	})
	require.Equal(t, 720, runs)
}

func permute(set []coffee.Order, visit func([]coffee.Order)) {
	var at func(int)
	at = func(i int) {
		if i == len(set) {
			visit(set)
			return
		}
		for j := i; j < len(set); j++ {
			set[i], set[j] = set[j], set[i]
			at(i + 1)
			set[i], set[j] = set[j], set[i]
		}
	}
	at(0)
}

func TestConcurrentWritersEndInTheNewestOrder(t *testing.T) {
	tab := &table{}
	var wg sync.WaitGroup
	for _, i := range rand.Perm(60) {
		wg.Go(func() { apply(t, tab, placed(fmt.Sprintf("o%02d", i), i)) })
	}
	wg.Wait()
	got, err := get(tab)
	require.NoError(t, err)
	require.Equal(t, "o59", got.OrderID)
	require.Equal(t, 60, tab.puts)
}

func TestFailuresOfTheTableAreErrorsNotSuccess(t *testing.T) {
	broken := errors.New("throttled")
	tab := &table{fail: broken}
	stored, err := writer(tab).Apply(context.Background(), placed("o1", 30))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "storing order o1")
	require.False(t, stored)

	_, err = get(tab)
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, store.ErrNotFound)
}

func TestItemThatIsNoOrderIsAnErrorNamingTheAttribute(t *testing.T) {
	for attribute, value := range map[string]types.AttributeValue{
		"details": s("x"), "version": s("x"), "city": n("1"), "eventtype": s("new_order"), "orderid": nil,
	} {
		tab := &table{}
		apply(t, tab, placed("o1", 30))
		tab.items["a0/v0"][attribute] = value
		_, err := get(tab)
		require.ErrorContains(t, err, "attribute "+attribute)
	}
}

func fingerprint(t testing.TB, o coffee.Order) string {
	t.Helper()
	f, err := o.Fingerprint()
	require.NoError(t, err)
	return f.String()
}

var ignore = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberL{}, types.AttributeValueMemberM{})
