package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/money"
)

func TestParseKeepsEveryDigit(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "3.5": "3.5", "3.50": "3.5", "3.500000": "3.5", "007": "7", "0.0001": "0.0001",
		"-0.25": "-0.25", "1000000": "1000000", "99999999999999.9999": "99999999999999.9999", "10": "10", "0.10": "0.1",
	} {
		got, err := money.Parse(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got.String(), in)
	}
}

func TestParseRefusesWithTheReason(t *testing.T) {
	for in, want := range map[string]error{
		"": money.ErrSyntax, "abc": money.ErrSyntax, "-": money.ErrSyntax, ".5": money.ErrSyntax, "5.": money.ErrSyntax,
		"+1": money.ErrSyntax, "1,5": money.ErrSyntax, " 1": money.ErrSyntax, "--1": money.ErrSyntax, "1.2.3": money.ErrSyntax,
		"NaN": money.ErrSyntax, "Infinity": money.ErrSyntax, "٣": money.ErrSyntax, "0x10": money.ErrSyntax, "expensive": money.ErrSyntax,
		"1e400": money.ErrExponent, "1E5": money.ErrExponent, "1e-999999999": money.ErrExponent, "-1.5e3": money.ErrExponent,
		"0.00001": money.ErrPlaces, "1." + strings.Repeat("1", 1000): money.ErrPlaces,
		"100000000000000": money.ErrRange, strings.Repeat("9", 100_000): money.ErrRange,
	} {
		_, err := money.Parse(in)
		require.ErrorIs(t, err, want, "%.40q", in)
	}
}

func TestParseAndStringAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(-999999999999999999, 999999999999999999).Draw(t, "ten-thousandths"))
		back, err := money.Parse(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	})
}

func TestTimesIsExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, n := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "n")
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(n))
		got, ok := money.Amount(a).Times(n)
		if ok {
			require.Equal(t, want.Int64(), int64(got))
		}
		if a > math.MinInt64 && n > math.MinInt64 {
			require.Equal(t, want.IsInt64(), ok)
		}
	})
}

func TestAmountIsAnExactJSONNumber(t *testing.T) {
	a, err := money.Parse("0.1")
	require.NoError(t, err)
	sum := a + a + a
	got, err := json.Marshal(map[string]money.Amount{"total": sum})
	require.NoError(t, err)
	require.JSONEq(t, `{"total":0.3}`, string(got))
	require.Equal(t, `{"total":0.3}`, string(got))
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int64{"2": 2, "2.0": 2, "-7": -7} {
		a, err := money.Parse(in)
		require.NoError(t, err)
		n, whole := a.Int()
		require.True(t, whole)
		require.Equal(t, want, n)
	}
	a, err := money.Parse("1.5")
	require.NoError(t, err)
	_, whole := a.Int()
	require.False(t, whole)
}
