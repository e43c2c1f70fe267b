package orders_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

const fraud, age = checker.Check("fraud"), checker.Check("age")

func of(c checker.Check, passed bool) checker.Finding {
	return checker.Finding{OrderID: "o1", Check: c, Passed: passed, Log: fmt.Sprint(c, " ", passed)}
}

// startWith returns a table with the order o1, which needed these checks besides account and stock when it was captured.
func startWith(t *testing.T, captured ...checker.Check) (*orders.Table, *dynamodbtest.DynamoDB) {
	t.Helper()
	b, db := start(t)
	_, err := b.Create(t.Context(), checker.NewRecord(order("o1"), now, captured...))
	require.NoError(t, err)
	b.Checks = captured
	return b, db
}

func TestAnItemHasAnAttributeForEachOwnCheck(t *testing.T) {
	b, db := startWith(t, "fraud", "age-2")
	item := db.Get(t, "orders", "orderId", "o1")
	require.Len(t, item, 11)
	for _, name := range []string{"accountChecked", "stockChecked", "fraudChecked", "age-2Checked"} {
		require.Contains(t, item, name)
	}
	rec := get(t, b, "o1")
	require.Equal(t, checker.NewRecord(order("o1"), now, "fraud", "age-2"), rec)
	_, _, err := b.Apply(t.Context(), of(fraud, true))
	require.NoError(t, err)
	require.Equal(t, map[checker.Check]bool{"fraud": true, "age-2": false}, get(t, b, "o1").Checks)
}

// What happens to orders in flight when checks are added and removed.
func TestAnOrderWaitsForTheChecksItWasCapturedWithAndThatAreStillRequired(t *testing.T) {
	none, one := []checker.Check(nil), []checker.Check{fraud}
	for name, c := range map[string]struct {
		captured, now []checker.Check
		findings      []checker.Finding
		status        checker.Status
		effect        orders.Effect // of the last finding
		logs          int
	}{
		"all three passed":                                               {one, one, []checker.Finding{accountPassed, stockPassed, of(fraud, true)}, checker.ReadyToShip, orders.Decided, 3},
		"two of three":                                                   {one, one, []checker.Finding{accountPassed, stockPassed}, checker.Pending, orders.Noted, 2},
		"two of three, and copies":                                       {one, one, []checker.Finding{accountPassed, of(fraud, true), accountPassed, of(fraud, true)}, checker.Pending, orders.None, 2},
		"the third one rejects":                                          {one, one, []checker.Finding{accountPassed, stockPassed, of(fraud, false)}, checker.Rejected, orders.Decided, 3},
		"the third one rejects first":                                    {one, one, []checker.Finding{of(fraud, false), accountPassed, stockPassed}, checker.Rejected, orders.Noted, 3},
		"added: the order does not wait for it":                          {none, one, []checker.Finding{accountPassed, stockPassed}, checker.ReadyToShip, orders.Decided, 2},
		"added: it has found something all the same, which passed":       {none, one, []checker.Finding{of(fraud, true), accountPassed, stockPassed}, checker.ReadyToShip, orders.Decided, 3},
		"added: it has found something all the same, which did not pass": {none, one, []checker.Finding{accountPassed, of(fraud, false), stockPassed}, checker.Rejected, orders.Noted, 3},
		"added: it has found something when the order is decided":        {none, one, []checker.Finding{accountPassed, stockPassed, of(fraud, false)}, checker.ReadyToShip, orders.Noted, 3},
		"removed: the order does not wait for it":                        {one, none, []checker.Finding{accountPassed, stockPassed}, checker.ReadyToShip, orders.Decided, 2},
		"one instead of another":                                         {[]checker.Check{age}, one, []checker.Finding{stockPassed, accountPassed}, checker.ReadyToShip, orders.Decided, 2},
		"one instead of another, which does not pass":                    {[]checker.Check{age}, one, []checker.Finding{stockPassed, of(fraud, false), accountPassed}, checker.Rejected, orders.Noted, 3},
		"one besides another":                                            {one, []checker.Check{age, fraud}, []checker.Finding{stockPassed, accountPassed, of(fraud, true)}, checker.ReadyToShip, orders.Decided, 3},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := startWith(t, c.captured...)
			b.Checks = c.now
			var rec checker.Record
			var effect orders.Effect
			for _, f := range c.findings {
				var err error
				rec, effect, err = b.Apply(t.Context(), f)
				require.NoError(t, err)
			}
			require.Equal(t, c.status, rec.Status)
			require.Equal(t, c.effect, effect)
			require.Len(t, rec.Logs, c.logs)
			require.Equal(t, get(t, b, "o1"), rec)
		})
	}
}

// The last of two findings came while the third check was required.
func TestAnOrderThatWaitsForARemovedCheckOnlyIsReadyWithTheNextCopyOfAFinding(t *testing.T) {
	for _, copied := range []checker.Finding{accountPassed, stockPassed, accountFailed} {
		b, _ := startWith(t, fraud)
		for _, f := range []checker.Finding{accountPassed, stockPassed} {
			_, _, err := b.Apply(t.Context(), f)
			require.NoError(t, err)
		}
		require.Equal(t, checker.Pending, get(t, b, "o1").Status)
		b.Checks = nil
		var decided atomic.Int32
		together(6, func(int) {
			rec, effect, err := b.Apply(context.Background(), copied)
			assert.NoError(t, err)
			assert.Equal(t, checker.ReadyToShip, rec.Status)
			if effect == orders.Decided {
				decided.Add(1)
			}
		})
		require.EqualValues(t, 1, decided.Load())
		require.Equal(t, []string{rich, there, "No check is missing any more"}, get(t, b, "o1").Logs)
	}
}

func TestThreeConcurrentFindingsMakeOneTransition(t *testing.T) {
	for _, third := range []checker.Finding{of(fraud, true), of(fraud, false)} {
		b, _ := startWith(t, fraud)
		for round := range 15 {
			id := fmt.Sprint("r", round)
			_, err := b.Create(t.Context(), checker.NewRecord(order(id), now, fraud))
			require.NoError(t, err)
			var decided atomic.Int32
			together(12, func(i int) {
				f := []checker.Finding{accountPassed, stockPassed, third}[(i+round)%3]
				f.OrderID = id
				_, effect, err := b.Apply(context.Background(), f)
				assert.NoError(t, err)
				if effect == orders.Decided {
					decided.Add(1)
				}
			})
			require.EqualValues(t, 1, decided.Load())
			rec := get(t, b, id)
			require.Equal(t, map[bool]checker.Status{true: checker.ReadyToShip, false: checker.Rejected}[third.Passed], rec.Status)
			require.Equal(t, sorted([]string{rich, there, third.Log}), sorted(rec.Logs))
		}
	}
}

// Between the changes that a finding tries, the other two are applied.
func TestAFindingTakesAccountOfTwoOthersInBetween(t *testing.T) {
	b, db := startWith(t, fraud)
	for skip, f := range map[int]checker.Finding{1: accountPassed, 2: of(fraud, true)} {
		db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Skip: skip, Times: 1, Do: func(context.Context, fault.Event) error {
			_, _, err := b.Apply(context.Background(), f)
			return err
		}})
	}
	_, _, err := b.Apply(t.Context(), stockPassed)
	require.NoError(t, err)
	rec := get(t, b, "o1")
	require.Equal(t, checker.ReadyToShip, rec.Status)
	require.Equal(t, sorted([]string{rich, there, "fraud true"}), sorted(rec.Logs))
}

func TestAnyInterleavingOfCopiesOfSeveralChecksEndsTheSame(t *testing.T) {
	b, _ := start(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		id := fmt.Sprintf("o%d-%d", n, time.Now().UnixNano())
		own := []checker.Check{"fraud", "age", "export"}[:rapid.IntRange(1, 3).Draw(t, "checks")]
		b.Checks = own
		_, err := b.Create(context.Background(), checker.NewRecord(order(id), now, own...))
		require.NoError(t, err)
		var all []checker.Finding
		want := checker.ReadyToShip
		for _, c := range checker.Required(own) {
			f := of(c, rapid.IntRange(0, 4).Draw(t, string(c)) > 0)
			f.OrderID = id
			if !f.Passed {
				want = checker.Rejected
			}
			all = append(all, f)
		}
		all = rapid.Permutation(append(all, rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "copies")...)).Draw(t, "messages")
		effects := map[orders.Effect]int{}
		for _, f := range all {
			_, effect, err := b.Apply(context.Background(), f)
			require.NoError(t, err)
			effects[effect]++
		}
		require.Equal(t, 1, effects[orders.Decided])
		require.Equal(t, 1+len(own), effects[orders.Noted])
		rec := get(t, b, id)
		require.Equal(t, want, rec.Status)
		require.Len(t, rec.Logs, 2+len(own))
	})
}
