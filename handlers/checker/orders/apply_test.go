package orders_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/order/checker"
)

var (
	accountPassed, accountFailed = found(checker.Account, true), found(checker.Account, false)
	stockPassed, stockFailed     = found(checker.Stock, true), found(checker.Stock, false)
)

func TestFindingsOneAfterTheOther(t *testing.T) {
	for name, c := range map[string]struct {
		findings []checker.Finding
		status   checker.Status
		logs     []string
	}{
		"the first of two leaves it pending":          {[]checker.Finding{accountPassed}, checker.Pending, []string{rich}},
		"the second makes it ready":                   {[]checker.Finding{accountPassed, stockPassed}, checker.ReadyToShip, []string{rich, there}},
		"in the other order, too":                     {[]checker.Finding{stockPassed, accountPassed}, checker.ReadyToShip, []string{there, rich}},
		"a copy of the first is not the second":       {[]checker.Finding{stockPassed, stockPassed, stockPassed}, checker.Pending, []string{there}},
		"copies add nothing":                          {[]checker.Finding{stockPassed, accountPassed, stockPassed, accountPassed}, checker.ReadyToShip, []string{there, rich}},
		"one that failed rejects it":                  {[]checker.Finding{stockFailed}, checker.Rejected, []string{gone}},
		"before one that passed":                      {[]checker.Finding{stockFailed, accountPassed}, checker.Rejected, []string{gone, rich}},
		"after one that passed":                       {[]checker.Finding{accountPassed, stockFailed}, checker.Rejected, []string{rich, gone}},
		"both failed":                                 {[]checker.Finding{accountFailed, stockFailed}, checker.Rejected, []string{poor, gone}},
		"of two opinions of a check the first has it": {[]checker.Finding{stockPassed, stockFailed, accountPassed}, checker.ReadyToShip, []string{there, rich}},
		"and so it has it when it failed":             {[]checker.Finding{stockFailed, stockPassed, accountPassed}, checker.Rejected, []string{gone, rich}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := start(t)
			create(t, b, "o1")
			seen := map[checker.Check]bool{}
			for _, f := range c.findings {
				before := get(t, b, "o1").Status
				rec, effect, err := b.Apply(t.Context(), f)
				require.NoError(t, err)
				switch {
				case seen[f.Check]:
					require.Equal(t, orders.None, effect)
				case rec.Status != before:
					require.Equal(t, orders.Decided, effect)
				default:
					require.Equal(t, orders.Noted, effect)
				}
				require.Equal(t, get(t, b, "o1"), rec, "it gives the order as it is then")
				seen[f.Check] = true
			}
			rec := get(t, b, "o1")
			require.Equal(t, c.status, rec.Status)
			require.Equal(t, c.logs, rec.Logs)
			require.Equal(t, seen[checker.Account], rec.AccountChecked)
			require.Equal(t, seen[checker.Stock], rec.StockChecked)
			require.Equal(t, order("o1"), rec.Order)
		})
	}
}

func TestAFindingOfAnUnknownOrderIsAnErrorAndMakesNone(t *testing.T) {
	b, db := start(t)
	for _, f := range []checker.Finding{accountPassed, stockFailed} {
		_, _, err := b.Apply(t.Context(), f)
		require.ErrorIs(t, err, orders.ErrNotFound)
		require.ErrorContains(t, err, "updating order o1 in table orders")
	}
	require.Nil(t, db.Get(t, "orders", "orderId", "o1"))
}

func TestLateFindingsDoNotChangeTheStatus(t *testing.T) {
	b, _ := start(t)
	create(t, b, "o1")
	_, _, err := b.Apply(t.Context(), accountPassed)
	require.NoError(t, err)
	_, applied, err := b.Reject(t.Context(), "o1", checker.Pending, "given up")
	require.NoError(t, err)
	require.True(t, applied)
	rec, effect, err := b.Apply(t.Context(), stockPassed)
	require.NoError(t, err)
	require.Equal(t, orders.Noted, effect)
	require.Equal(t, checker.Rejected, rec.Status)
	require.Equal(t, []string{rich, "given up", there}, rec.Logs)
}

// Many copies of both findings at the same moment: each is applied once, and exactly one of them makes the order ready.
func TestTwoConcurrentFindingsMakeOneTransition(t *testing.T) {
	for _, second := range []checker.Finding{stockPassed, stockFailed} {
		b, _ := start(t)
		for round := range 25 {
			id := fmt.Sprint("o", round)
			create(t, b, id)
			var changes watch
			var decided atomic.Int32
			together(16, func(i int) {
				f := []checker.Finding{accountPassed, second}[(i+round)%2]
				f.OrderID = id
				rec, effect, err := b.Apply(context.Background(), f)
				assert.NoError(t, err)
				if effect != orders.None {
					changes.applied(rec)
				}
				if effect == orders.Decided {
					decided.Add(1)
				}
			})
			require.EqualValues(t, 1, decided.Load())
			rec := get(t, b, id)
			require.True(t, rec.AccountChecked && rec.StockChecked)
			require.Equal(t, sorted([]string{accountPassed.Log, second.Log}), sorted(rec.Logs))
			if second.Passed {
				require.Equal(t, checker.ReadyToShip, rec.Status)
				require.Equal(t, map[checker.Status]int{checker.Pending: 1, checker.ReadyToShip: 1}, changes.seen)
				continue
			}
			require.Equal(t, checker.Rejected, rec.Status)
			require.Zero(t, changes.seen[checker.ReadyToShip])
		}
	}
}

// Between the two changes that a finding tries, another change is made to the order.
func TestAFindingTakesAccountOfChangesInBetween(t *testing.T) {
	for name, c := range map[string]struct {
		between func(*orders.Table) error
		want    checker.Status
		logs    []string
	}{
		"the other one, which passed": {func(b *orders.Table) error { _, _, err := b.Apply(context.Background(), accountPassed); return err }, checker.ReadyToShip, []string{rich, there}},
		"the other one, which failed": {func(b *orders.Table) error { _, _, err := b.Apply(context.Background(), accountFailed); return err }, checker.Rejected, []string{poor, there}},
		"a copy of itself":            {func(b *orders.Table) error { _, _, err := b.Apply(context.Background(), stockPassed); return err }, checker.Pending, []string{there}},
		"a rejection": {func(b *orders.Table) error {
			_, _, err := b.Reject(context.Background(), "o1", checker.Pending, "given up")
			return err
		}, checker.Rejected, []string{"given up", there}},
	} {
		t.Run(name, func(t *testing.T) {
			b, db := start(t)
			create(t, b, "o1")
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
		create(t, b, id)
		account, stock := found(checker.Account, rapid.Bool().Draw(t, "account")), found(checker.Stock, rapid.Bool().Draw(t, "stock"))
		account.OrderID, stock.OrderID = id, id
		copies := rapid.SliceOfN(rapid.SampledFrom([]checker.Finding{account, stock}), 0, 6).Draw(t, "copies")
		all := rapid.Permutation(append(copies, account, stock)).Draw(t, "messages")
		effects := map[orders.Effect]int{}
		for _, f := range all {
			_, effect, err := b.Apply(context.Background(), f)
			require.NoError(t, err)
			effects[effect]++
		}
		require.Equal(t, 1, effects[orders.Decided])
		require.Equal(t, 1, effects[orders.Noted])
		rec := get(t, b, id)
		want := checker.Rejected
		if account.Passed && stock.Passed {
			want = checker.ReadyToShip
		}
		require.Equal(t, want, rec.Status)
		first := slices.IndexFunc(all, func(f checker.Finding) bool { return f.Check == checker.Account })
		other := slices.IndexFunc(all, func(f checker.Finding) bool { return f.Check == checker.Stock })
		logs := []string{account.Log, stock.Log}
		if other < first {
			slices.Reverse(logs)
		}
		require.Equal(t, logs, rec.Logs)
	})
}

func TestAFindingWhoseAnswerWasLostIsAppliedOnce(t *testing.T) {
	b, db := start(t)
	create(t, b, "o1")
	_, _, err := b.Apply(t.Context(), accountPassed)
	require.NoError(t, err)
	db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", When: fault.After, Times: 1, Do: dynamodbtest.Answer(errors.New("lost"))})
	rec, effect, err := retrying(b).Apply(t.Context(), stockPassed)
	require.NoError(t, err)
	require.Equal(t, orders.None, effect, "the second try finds it applied")
	require.Equal(t, checker.ReadyToShip, rec.Status, "and ready to ship all the same")
	require.Equal(t, []string{rich, there}, rec.Logs)
}

func TestAWriteWaitsForATransactionToEnd(t *testing.T) {
	b, db := start(t)
	create(t, b, "o1")
	conflict := dynamodbtest.Answer(wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item"))
	remove := db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Times: 3, Do: conflict})
	_, effect, err := b.Apply(t.Context(), stockFailed)
	require.NoError(t, err)
	require.Equal(t, orders.Decided, effect)
	remove()

	// Until ctx ends.
	db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Do: conflict})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = b.Apply(ctx, accountPassed)
	require.ErrorContains(t, err, "updating order o1 in table orders: ")
	require.False(t, get(t, b, "o1").AccountChecked)
}

func TestAnOrderIsRejectedFromOneStatusOnly(t *testing.T) {
	b, _ := start(t)
	create(t, b, "o1")
	_, applied, err := b.Reject(t.Context(), "o1", checker.ReadyToShip, "why")
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, checker.NewRecord(order("o1"), now), get(t, b, "o1"))
	for _, f := range []checker.Finding{accountPassed, stockPassed} {
		_, _, err := b.Apply(t.Context(), f)
		require.NoError(t, err)
	}
	rec, applied, err := b.Reject(t.Context(), "o1", checker.ReadyToShip, gone)
	require.NoError(t, err)
	require.True(t, applied)
	require.Equal(t, checker.Rejected, rec.Status)
	require.Equal(t, []string{rich, there, gone}, rec.Logs)
	require.Error(t, ship(t.Context(), b, "o1"))
	_, _, err = b.Reject(t.Context(), "o2", checker.Pending, "why")
	require.ErrorIs(t, err, orders.ErrNotFound)
}

func TestShippingAndRejectingAtOnceIsOneOfTheTwo(t *testing.T) {
	for range 10 {
		b, _ := start(t)
		create(t, b, "o1")
		for _, f := range []checker.Finding{accountPassed, stockPassed} {
			_, _, err := b.Apply(t.Context(), f)
			require.NoError(t, err)
		}
		together(8, func(i int) {
			if i%2 == 0 {
				_ = ship(context.Background(), b, "o1")
				return
			}
			_, _, err := b.Reject(context.Background(), "o1", checker.ReadyToShip, gone)
			assert.NoError(t, err)
		})
		rec := get(t, b, "o1")
		require.Len(t, rec.Logs, 3)
		require.Equal(t, map[checker.Status]string{checker.Shipped: "Shipped", checker.Rejected: gone}[rec.Status], rec.Logs[2])
	}
}
