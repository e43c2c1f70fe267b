package loadtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

func TestRoundsArePlacedInTurn(t *testing.T) {
	require.Equal(t, "AB ABBAABBA", strings.Join(append(turns("A", "B", 0), append([]string{" "}, turns("A", "B", 4)[2:]...)...), ""))
}

func TestWhatIsUsedAfterTheLastRoundIsDividedAmongAll(t *testing.T) {
	prices, err := meter.PricesOf(Region)
	require.NoError(t, err)
	total := func(requests float64) []meter.Quantity {
		return []meter.Quantity{{Price: "lambda.request", Resource: "f", Amount: requests}, {Price: "cloudwatch.dashboard-month", Resource: "d", Amount: requests, Standing: true}}
	}
	// The first round, which is not measured, uses 100, and the second and third 200 and 300. Later another 30 are used.
	bills, err := billsOf(prices, 100, [][]meter.Quantity{total(100), total(300), total(600)}, total(630))
	require.NoError(t, err)
	require.Len(t, bills, 2)
	for i, requests := range []float64{210, 310} {
		require.Len(t, bills[i], 1, "what depends on time is left out")
		require.InDelta(t, requests/100*1e6, bills[i][0].Amount, 1e-3)
		require.InDelta(t, requests/100*0.2, bills[i].Total(), 1e-9)
	}
}

func TestOrdersThatFailAreAResult(t *testing.T) {
	s := &side{version: "head"}
	for _, err := range []error{&rounds.IncompleteError{}, &rounds.UnpreparedError{Err: errors.New("refused")}} {
		failure, other := s.check(t.Context(), err)
		require.Equal(t, &Failure{"head", err}, failure)
		require.NoError(t, other)
	}
	for _, err := range []error{nil, errors.New("the cloud is gone")} {
		failure, other := s.check(t.Context(), err)
		require.Nil(t, failure)
		require.Equal(t, err, other)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	failure, other := s.check(ended, &rounds.IncompleteError{})
	require.Nil(t, failure)
	require.ErrorIs(t, other, context.Canceled)
}
