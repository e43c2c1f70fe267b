package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// fake is a pattern of which every order takes two seconds.
func fake() *pattern {
	return &pattern{
		place: func(_ context.Context, n, _ int) (ids []string, _ *load.Answers, _ error) {
			answers := load.NewAnswers(202)
			for range n {
				time.Sleep(time.Second)
				answers.Record(time.Second, nil)
				ids = append(ids, "o")
			}
			return ids, answers, nil
		},
		watch: func(_ []string, begun time.Time) look {
			accepted := time.Now()
			return func(context.Context) (int, time.Time, error) {
				if time.Since(accepted) < 2*time.Second {
					return 1, time.Time{}, nil
				}
				return 0, accepted.Add(1500 * time.Millisecond), nil
			}
		},
		failed: func(context.Context) error { return nil },
		check:  func(context.Context, int) error { return nil },
	}
}

func TestARoundIsTimedAndCheckedAgainstAllOrdersSoFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fake()
		var checked []int
		p.check = func(_ context.Context, placed int) error {
			checked = append(checked, placed)
			return nil
		}
		for range 2 {
			r, err := p.round(t.Context(), 3, 16)
			require.NoError(t, err)
			require.Equal(t, 3*time.Second, r.accepted)
			require.Equal(t, 4500*time.Millisecond, r.completed, "as the last was, not as it was seen")
		}
		require.Equal(t, []int{3, 6}, checked)

		p.check = func(context.Context, int) error { return errors.New("one is missing") }
		_, err := p.round(t.Context(), 1, 16)
		require.EqualError(t, err, "one is missing")
	})
}

func TestARoundEndsWithARefusedOrder(t *testing.T) {
	p := fake()
	p.place = func(context.Context, int, int) ([]string, *load.Answers, error) {
		answers := load.NewAnswers(202)
		answers.Record(time.Second, nil)
		answers.Record(time.Second, errors.New("no"))
		return []string{"o"}, answers, nil
	}
	_, err := p.round(t.Context(), 2, 16)
	require.EqualError(t, err, "1 of 2 orders were not accepted: map[no:1]")
}

func TestWhatWasGivenUpIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(context.Context) (int, time.Time, error) { return 7, time.Time{}, nil }
		p, began := fake(), time.Now()
		p.failed = func(context.Context) error { return errors.New("1 message was given up") }
		_, err := p.drain(t.Context(), never)
		require.EqualError(t, err, "1 message was given up")
		require.Less(t, time.Since(began), 2*failedEvery)

		_, err = fake().drain(t.Context(), never)
		require.EqualError(t, err, "7 orders are still under way after 5m0s")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = fake().drain(ctx, never)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestASteadyLoadKeepsItsRateWhateverTheAnswersTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, made := time.Now(), 0
		next := func() int { made++; return made }
		var slow atomic.Int64
		accepted, err := steadily(t.Context(), 4, 8, next, func(_ context.Context, n int) (string, error) {
			require.Equal(t, time.Duration(n-1)*250*time.Millisecond, time.Since(began))
			if n%2 == 0 {
				slow.Add(1)
				time.Sleep(time.Minute)
			}
			return string(rune('a' + n)), nil
		})
		require.NoError(t, err)
		require.Len(t, accepted, 8)
		require.EqualValues(t, 4, slow.Load())
		require.Equal(t, began, accepted["b"])
		require.Equal(t, began.Add(time.Minute+250*time.Millisecond), accepted["c"])

		_, err = steadily(t.Context(), 4, 1000, next, func(context.Context, int) (string, error) { return "", errors.New("503") })
		require.EqualError(t, err, "an order was not accepted: 503")
		require.Less(t, made, 100)
	})
}

func TestPurchasesFollowTheContractAndAreOfThoseThatHavePlenty(t *testing.T) {
	have := plenty()
	require.Len(t, have.Accounts, customers)
	require.Len(t, have.Stock, products)
	for range 200 {
		o := nextPurchase()
		require.Contains(t, have.Accounts, o.CustomerID)
		for _, item := range o.Items {
			require.Contains(t, have.Stock, item.ProductID)
		}
		body, err := coffee.EncodeJSON(map[string]any{"customerId": o.CustomerID, "items": o.Items, "totalAmount": o.TotalAmount})
		require.NoError(t, err)
		back, err := checker.ParseRequest(body)
		require.NoError(t, err)
		require.True(t, back.Same(o))
	}
}

func TestRejectionsAreCountedByTheirReason(t *testing.T) {
	require.NoError(t, reasons{}.err())
	require.EqualError(t, reasons{"Unknown customer": 1, "Insufficient stock": 12}.err(),
		"13 orders were rejected (12: Insufficient stock; 1: Unknown customer)")
	text := func(s string) dynamodbtypes.AttributeValue { return &dynamodbtypes.AttributeValueMemberS{Value: s} }
	require.Equal(t, []string{"a", "b"}, lines(&dynamodbtypes.AttributeValueMemberL{Value: []dynamodbtypes.AttributeValue{text("a"), text("b")}}))
	require.Empty(t, lines(nil))
}

func TestDurationsHaveTheDigitsThatMatter(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 ms", 1499 * time.Microsecond: "1 ms", 999 * time.Millisecond: "999 ms", 29_960 * time.Millisecond: "30.0 s"} {
		require.Equal(t, want, short(d))
	}
}

func TestASteadyLoadIsJudgedUntilItsEnd(t *testing.T) {
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	accepted := map[string]time.Time{"o1": at(0), "o2": at(500), "o3": at(1000)}
	stored := map[string]time.Time{"o1": at(900), "o2": at(499), "o3": at(5000)}
	require.ElementsMatch(t, []time.Duration{900 * time.Millisecond, 0}, delays(accepted, stored, at(1000)))
	require.Equal(t, 2, before(stored, at(1000)))
	require.Equal(t, 2, before(stored, at(5000)))
}
