package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/money"
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

func TestJSONNumbersMayHaveAnExponent(t *testing.T) {
	for in, want := range map[string]string{
		"1e2": "100", "35e-1": "3.5", "1E+2": "100", "1.5e1": "15", "0.00035e4": "3.5", "1.0E-4": "0.0001", "12300e-4": "1.23",
		"-2.5E-1": "-0.25", "1e0": "1", "1e-0": "1", "1e02": "100", "0e999999999": "0", "0.0e-999999999999999999999": "0",
		"1e13": "10000000000000", "3.50": "3.5", "7": "7", "1" + strings.Repeat("0", 500) + "e-500": "1",
	} {
		got, err := money.ParseJSON(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got.String(), in)
	}
	for in, want := range map[string]error{
		"1e400": money.ErrRange, "1e-9": money.ErrPlaces, "1e999999999": money.ErrRange, "1e-999999999": money.ErrPlaces,
		"1e99999999999999999999": money.ErrRange, "1e-99999999999999999999": money.ErrPlaces, "1.23456e0": money.ErrPlaces,
		"1e14": money.ErrRange, "1e": money.ErrSyntax, "e1": money.ErrSyntax, "1e+": money.ErrSyntax, "1e1e1": money.ErrSyntax,
		"1e1.5": money.ErrSyntax, "1e+-1": money.ErrSyntax, "": money.ErrSyntax, "x": money.ErrSyntax,
	} {
		_, err := money.ParseJSON(in)
		require.ErrorIs(t, err, want, in)
	}
}

func TestJSONNumbersAreReadExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		want, ok := new(big.Rat).SetString(s)
		require.True(t, ok)
		want.Mul(want, big.NewRat(10_000, 1))
		got, err := money.ParseJSON(s)
		if err == nil {
			require.Zero(t, want.Cmp(new(big.Rat).SetInt64(int64(got))), s)
			return
		}
		limit := new(big.Rat).SetInt64(1_000_000_000_000_000_000)
		require.True(t, !want.IsInt() || want.Abs(want).Cmp(limit) >= 0, "%s is an amount, but: %v", s, err)
	})
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
