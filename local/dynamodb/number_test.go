package dynamodb

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNumbersAreCanonical(t *testing.T) {
	for text, want := range map[string]Number{
		"0": "0", "-0": "0", "0.000": "0", "0e50": "0",
		"1.50": "1.5", "+7": "7", "007": "7", ".5": "0.5", "5.": "5", "-3e2": "-300", "12E-1": "1.2",
		"100":    "100",
		"1e125":  Number("1" + strings.Repeat("0", 125)),
		"1E-130": Number("0." + strings.Repeat("0", 129) + "1"),
		"9999999999999999999999999999999999999.9": "9999999999999999999999999999999999999.9",
		"1" + strings.Repeat("0", 60):             Number("1" + strings.Repeat("0", 60)), // zeros at the end are no digits
	} {
		got, err := ParseNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	const (
		overflow  = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		digits    = "Attempting to store more than 38 significant digits in a Number"
	)
	for text, want := range map[string]string{
		"1e126": overflow, "-1e126": overflow, "1e400": overflow, "1e99999999999": overflow,
		"1e-131": underflow, "-1e-400": underflow, "1e-99999999999": underflow,
		strings.Repeat("1", 39): digits, "1." + strings.Repeat("3", 38): digits,
		"":         "The parameter cannot be converted to a numeric value: ",
		"abc":      "The parameter cannot be converted to a numeric value: abc",
		"NaN":      "The parameter cannot be converted to a numeric value: NaN",
		"Infinity": "The parameter cannot be converted to a numeric value: Infinity",
		" 1":       "The parameter cannot be converted to a numeric value:  1",
		"1_000":    "The parameter cannot be converted to a numeric value: 1_000",
		".":        "The parameter cannot be converted to a numeric value: .",
		"0x10":     "The parameter cannot be converted to a numeric value: 0x10",
	} {
		_, err := ParseNumber(text)
		require.Error(t, err, text)
		require.Equal(t, want, message(err), text)
	}
}

// drawNumber draws a number in DynamoDB's range.
func drawNumber(t *rapid.T, label string) Number {
	digits := rapid.StringMatching(`-?[0-9]{1,38}`).Draw(t, label+" digits")
	exponent := rapid.IntRange(-130, 125-38).Draw(t, label+" exponent")
	n, err := ParseNumber(fmt.Sprintf("%se%d", digits, exponent))
	if err != nil {
		t.Fatalf("%se%d: %v", digits, exponent, err)
	}
	return n
}

func TestSortableEncodingOrdersNumbersByValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		if want, got := a.decimal().Cmp(b.decimal()), cmp.Compare(a.sortable(), b.sortable()); want != got {
			t.Fatalf("%s compared with %s is %d, encoded %d", a, b, want, got)
		}
	})
}

func TestSumsAreExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		var exact apd.Decimal
		_, err := apd.BaseContext.WithPrecision(1000).Add(&exact, a.decimal(), b.decimal())
		require.NoError(t, err)
		got, err := a.Add(b)
		if err != nil {
			exact.Reduce(&exact)
			require.True(t, exact.NumDigits() > 38 || int64(exact.Exponent)+exact.NumDigits()-1 > 125, "%s + %s: %v", a, b, err)
			return
		}
		require.Zero(t, got.decimal().Cmp(&exact), "%s + %s = %s", a, b, got)
		back, err := got.Sub(b)
		if err == nil {
			require.Equal(t, a, back)
		}
	})
}

func TestSumsOfMoneyAreExact(t *testing.T) {
	sum := Number("0")
	for range 10 {
		var err error
		sum, err = sum.Add("0.1")
		require.NoError(t, err)
	}
	require.Equal(t, Number("1"), sum)
}
