package orderbook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checkout"
	"github.com/order-patterns/order-patterns/handlers/orderbook"
	"github.com/order-patterns/order-patterns/local/dynamodb/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

var (
	accountPassed, accountFailed = found(checkout.Account, true), found(checkout.Account, false)
	stockPassed, stockFailed     = found(checkout.Stock, true), found(checkout.Stock, false)
)

func TestFindingsOneAfterTheOther(t *testing.T) {
	for name, c := range map[string]struct {
		findings []checkout.Finding
		status   checkout.Status
		logs     []string
	}{
		"the first of two leaves it pending":          {[]checkout.Finding{accountPassed}, checkout.Pending, []string{rich}},
		"the second makes it ready":                   {[]checkout.Finding{accountPassed, stockPassed}, checkout.ReadyToShip, []string{rich, there}},
		"in the other order, too":                     {[]checkout.Finding{stockPassed, accountPassed}, checkout.ReadyToShip, []string{there, rich}},
		"a copy of the first is not the second":       {[]checkout.Finding{stockPassed, stockPassed, stockPassed}, checkout.Pending, []string{there}},
		"copies add nothing":                          {[]checkout.Finding{stockPassed, accountPassed, stockPassed, accountPassed}, checkout.ReadyToShip, []string{there, rich}},
		"one that failed rejects it":                  {[]checkout.Finding{stockFailed}, checkout.Rejected, []string{gone}},
		"before one that passed":                      {[]checkout.Finding{stockFailed, accountPassed}, checkout.Rejected, []string{gone, rich}},
		"after one that passed":                       {[]checkout.Finding{accountPassed, stockFailed}, checkout.Rejected, []string{rich, gone}},
		"both failed":                                 {[]checkout.Finding{accountFailed, stockFailed}, checkout.Rejected, []string{poor, gone}},
		"of two opinions of a check the first has it": {[]checkout.Finding{stockPassed, stockFailed, accountPassed}, checkout.ReadyToShip, []string{there, rich}},
		"and so it has it when it failed":             {[]checkout.Finding{stockFailed, stockPassed, accountPassed}, checkout.Rejected, []string{gone, rich}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := start(t)
			captured(t, b, "o1")
			seen := map[checkout.Check]bool{}
			for _, f := range c.findings {
				rec, applied, err := b.Apply(t.Context(), f)
				require.NoError(t, err)
				require.Equal(t, !seen[f.Check], applied)
				require.Equal(t, get(t, b, "o1"), rec, "it gives the order as it is then")
				seen[f.Check] = true
			}
			rec := get(t, b, "o1")
			require.Equal(t, c.status, rec.Status)
			require.Equal(t, c.logs, rec.Logs)
			require.Equal(t, seen[checkout.Account], rec.AccountChecked)
			require.Equal(t, seen[checkout.Stock], rec.StockChecked)
			require.Equal(t, order("o1"), rec.Order)
		})
	}
}

func TestAFindingOfNoOrderIsAnErrorAndMakesNone(t *testing.T) {
	b, db := start(t)
	for _, f := range []checkout.Finding{accountPassed, stockFailed} {
		_, _, err := b.Apply(t.Context(), f)
		require.ErrorIs(t, err, orderbook.ErrNotFound)
		require.ErrorContains(t, err, "updating order o1 in table orders")
	}
	require.Nil(t, db.Get(t, "orders", "orderId", "o1"))
}

func TestFindingsThatComeLateChangeNothingThatIsDecided(t *testing.T) {
	b, _ := start(t)
	captured(t, b, "o1")
	_, _, err := b.Apply(t.Context(), accountPassed)
	require.NoError(t, err)
	_, applied, err := b.Reject(t.Context(), "o1", checkout.Pending, "given up")
	require.NoError(t, err)
	require.True(t, applied)
	rec, applied, err := b.Apply(t.Context(), stockPassed)
	require.NoError(t, err)
	require.True(t, applied)
	require.Equal(t, checkout.Rejected, rec.Status)
	require.Equal(t, []string{rich, "given up", there}, rec.Logs)
}

// Many copies of both findings at the same moment: each is applied once, and exactly one of them is the one that finds
// the order complete.
func TestBothFindingsAtOnceAreOneTransition(t *testing.T) {
	for _, second := range []checkout.Finding{stockPassed, stockFailed} {
		b, _ := start(t)
		for round := range 25 {
			id := fmt.Sprint("o", round)
			captured(t, b, id)
			var changes watch
			together(16, func(i int) {
				f := []checkout.Finding{accountPassed, second}[(i+round)%2]
				f.OrderID = id
				rec, applied, err := b.Apply(context.Background(), f)
				assert.NoError(t, err)
				if applied {
					changes.applied(rec)
				}
			})
			rec := get(t, b, id)
			require.True(t, rec.AccountChecked && rec.StockChecked)
			require.Equal(t, sorted([]string{accountPassed.Log, second.Log}), sorted(rec.Logs))
			if second.Passed {
				require.Equal(t, checkout.ReadyToShip, rec.Status)
				require.Equal(t, map[checkout.Status]int{checkout.Pending: 1, checkout.ReadyToShip: 1}, changes.seen)
				continue
			}
			require.Equal(t, checkout.Rejected, rec.Status)
			require.Zero(t, changes.seen[checkout.ReadyToShip])
		}
	}
}

// Between the two changes that a positive finding tries, whatever else may happen to the order does.
func TestAFindingSeesWhatComesInBetween(t *testing.T) {
	for name, c := range map[string]struct {
		between func(*orderbook.Book) error
		want    checkout.Status
		logs    []string
	}{
		"the other one, which passed": {func(b *orderbook.Book) error { _, _, err := b.Apply(context.Background(), accountPassed); return err }, checkout.ReadyToShip, []string{rich, there}},
		"the other one, which failed": {func(b *orderbook.Book) error { _, _, err := b.Apply(context.Background(), accountFailed); return err }, checkout.Rejected, []string{poor, there}},
		"a copy of itself":            {func(b *orderbook.Book) error { _, _, err := b.Apply(context.Background(), stockPassed); return err }, checkout.Pending, []string{there}},
		"a rejection": {func(b *orderbook.Book) error {
			_, _, err := b.Reject(context.Background(), "o1", checkout.Pending, "given up")
			return err
		}, checkout.Rejected, []string{"given up", there}},
	} {
		t.Run(name, func(t *testing.T) {
			b, db := start(t)
			captured(t, b, "o1")
			db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Skip: 1, Times: 1, Do: func(context.Context, fault.Event) error { return c.between(b) }})
			rec, _, err := b.Apply(t.Context(), stockPassed)
			require.NoError(t, err)
			require.Equal(t, c.want, rec.Status)
			require.Equal(t, c.logs, rec.Logs)
			require.True(t, rec.StockChecked)
		})
	}
}

func TestAnyInterleavingOfCopiesEndsTheSame(t *testing.T) {
	b, _ := start(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		id := fmt.Sprintf("o%d-%d", n, time.Now().UnixNano())
		captured(t, b, id)
		account, stock := found(checkout.Account, rapid.Bool().Draw(t, "account")), found(checkout.Stock, rapid.Bool().Draw(t, "stock"))
		account.OrderID, stock.OrderID = id, id
		copies := rapid.SliceOfN(rapid.SampledFrom([]checkout.Finding{account, stock}), 0, 6).Draw(t, "copies")
		all := rapid.Permutation(append(copies, account, stock)).Draw(t, "messages")
		applied := 0
		for _, f := range all {
			_, done, err := b.Apply(context.Background(), f)
			require.NoError(t, err)
			if done {
				applied++
			}
		}
		require.Equal(t, 2, applied)
		rec := get(t, b, id)
		want := checkout.Rejected
		if account.Passed && stock.Passed {
			want = checkout.ReadyToShip
		}
		require.Equal(t, want, rec.Status)
		first := slices.IndexFunc(all, func(f checkout.Finding) bool { return f.Check == checkout.Account })
		other := slices.IndexFunc(all, func(f checkout.Finding) bool { return f.Check == checkout.Stock })
		logs := []string{account.Log, stock.Log}
		if other < first {
			slices.Reverse(logs)
		}
		require.Equal(t, logs, rec.Logs)
	})
}

func TestAFindingWhoseAnswerWasLostIsAppliedOnce(t *testing.T) {
	b, db := start(t)
	captured(t, b, "o1")
	_, _, err := b.Apply(t.Context(), accountPassed)
	require.NoError(t, err)
	db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", When: fault.After, Times: 1, Do: dynamodbtest.Answer(errors.New("lost"))})
	rec, applied, err := retrying(b).Apply(t.Context(), stockPassed)
	require.NoError(t, err)
	require.False(t, applied, "the second try finds it applied")
	require.Equal(t, checkout.ReadyToShip, rec.Status, "and ready to ship all the same")
	require.Equal(t, []string{rich, there}, rec.Logs)
}

func TestAWriteWaitsForATransactionToEnd(t *testing.T) {
	b, db := start(t)
	captured(t, b, "o1")
	conflict := dynamodbtest.Answer(wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item"))
	remove := db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Times: 3, Do: conflict})
	_, applied, err := b.Apply(t.Context(), stockFailed)
	require.NoError(t, err)
	require.True(t, applied)
	remove()

	// But not for longer than there is time.
	db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Do: conflict})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = b.Apply(ctx, accountPassed)
	require.ErrorContains(t, err, "updating order o1 in table orders: ")
	require.False(t, get(t, b, "o1").AccountChecked)
}

func TestAnOrderIsRejectedFromOneStatusOnly(t *testing.T) {
	b, _ := start(t)
	captured(t, b, "o1")
	_, applied, err := b.Reject(t.Context(), "o1", checkout.ReadyToShip, "why")
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, checkout.NewRecord(order("o1"), now), get(t, b, "o1"))
	for _, f := range []checkout.Finding{accountPassed, stockPassed} {
		_, _, err := b.Apply(t.Context(), f)
		require.NoError(t, err)
	}
	rec, applied, err := b.Reject(t.Context(), "o1", checkout.ReadyToShip, gone)
	require.NoError(t, err)
	require.True(t, applied)
	require.Equal(t, checkout.Rejected, rec.Status)
	require.Equal(t, []string{rich, there, gone}, rec.Logs)
	require.Error(t, ship(t.Context(), b, "o1"))
	_, _, err = b.Reject(t.Context(), "o2", checkout.Pending, "why")
	require.ErrorIs(t, err, orderbook.ErrNotFound)
}

func TestShippingAndRejectingAtOnceIsOneOfTheTwo(t *testing.T) {
	for range 10 {
		b, _ := start(t)
		captured(t, b, "o1")
		for _, f := range []checkout.Finding{accountPassed, stockPassed} {
			_, _, err := b.Apply(t.Context(), f)
			require.NoError(t, err)
		}
		together(8, func(i int) {
			if i%2 == 0 {
				_ = ship(context.Background(), b, "o1")
				return
			}
			_, _, err := b.Reject(context.Background(), "o1", checkout.ReadyToShip, gone)
			assert.NoError(t, err)
		})
		rec := get(t, b, "o1")
		require.Len(t, rec.Logs, 3)
		require.Equal(t, map[checkout.Status]string{checkout.Shipped: "Shipped", checkout.Rejected: gone}[rec.Status], rec.Logs[2])
	}
}
