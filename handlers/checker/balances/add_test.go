package balances_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/money"
)

const most = money.Amount(1_000_000)

func TestAdditionsAreExactAndStayInRange(t *testing.T) {
	l, db := start(t, balances.Accounts)
	rapid.Check(t, func(rt *rapid.T) {
		balance := money.Amount(rapid.Int64Range(0, int64(most)).Draw(rt, "balance"))
		set(rt, l, "c1", balance)
		for _, n := range rapid.SliceOfN(rapid.Int64Range(-600_000, 600_000), 1, 6).Draw(rt, "additions") {
			err := l.Add(context.Background(), balances.Addition{ID: "c1", Amount: money.Amount(n), Most: most}, now)
			after := balance + money.Amount(n)
			if after >= 0 && after <= most {
				require.NoError(rt, err)
				balance = after
				continue
			}
			var out *balances.OutOfRange
			require.ErrorAs(rt, err, &out)
			require.Equal(rt, balance, out.Left)
		}
		got, _, err := l.Get(context.Background(), "c1")
		require.NoError(rt, err)
		require.Equal(rt, balance, got)
		require.Equal(rt, balance.String(), left(t, db, l, "c1"))
	})
}

// Additions and the debits of shipments of one balance at the same time, each addition twice under its key: no update is
// lost, none is made twice, and at no time is the balance below zero.
func TestNoUpdateIsLostAmongConcurrentAdditionsAndDebits(t *testing.T) {
	l, _ := start(t, balances.Accounts)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const opening = 50
	set(t, l, "c1", opening)
	var changed atomic.Int64
	var writers, readers sync.WaitGroup
	for i := range 24 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := range 4 {
				amount := money.Amount(random.IntN(60) - 30)
				if i%3 == 0 {
					want := balances.Want{ID: "c1", Amount: max(amount, -amount)}
					if contention.Retry(ctx, func(ctx context.Context) error { return take(ctx, l, want) }) == nil {
						changed.Add(-int64(want.Amount))
					}
					continue
				}
				a := balances.Addition{ID: "c1", Amount: amount, Most: most, Key: fmt.Sprint(i, "-", n)}
				first := l.Add(ctx, a, now)
				second := l.Add(ctx, a, now)
				var out *balances.OutOfRange
				switch {
				case first == nil:
					assert.NoError(t, second, "it was made before")
				case !errors.As(first, &out):
					assert.NoError(t, first)
				}
				// If the first was out of range, the second may not be.
				if first == nil || second == nil {
					changed.Add(int64(amount))
				}
			}
		})
	}
	done := make(chan struct{})
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				balance, _, err := l.Get(ctx, "c1")
				assert.NoError(t, err)
				assert.GreaterOrEqual(t, balance, money.Amount(0))
			}
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
	balance, _, err := l.Get(ctx, "c1")
	require.NoError(t, err)
	require.Equal(t, money.Amount(opening+changed.Load()), balance)
}

func TestErrorsOfAnAdditionSayWhatWasBeingDone(t *testing.T) {
	l, db := start(t, balances.Stock)
	require.ErrorIs(t, l.Add(t.Context(), balances.Addition{ID: "1", Amount: 1, Most: most}, now), balances.ErrUnknown)
	_, _, err := l.Get(t.Context(), "1")
	require.ErrorIs(t, err, balances.ErrUnknown)
	db.Put(t, "balances", dynamodbtest.Item{"productId": s("bad"), "balance": s("5")})
	require.ErrorContains(t, l.Add(t.Context(), balances.Addition{ID: "bad", Amount: 1, Most: most}, now), "adding to the balance of productId bad in table balances: ")
	_, _, err = l.Get(t.Context(), "bad")
	require.ErrorContains(t, err, "reading the balance of productId bad from table balances: attribute balance is not a number")
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("broken"))})
	require.ErrorContains(t, l.Add(t.Context(), balances.Addition{ID: "1", Amount: 1, Most: most}, now), "adding to the balance of productId 1 in table balances: ")
}
