// Package money implements exact decimal amounts.
//
// An Amount is a number of ten-thousandths in an int64. It has four decimal places. Addition and multiplication are exact, and nothing is
// allocated. This is enough for every amount of an order (a unit price up to 1,000,000 times a quantity up to 10,000). A general decimal
// library would slow the start of a function. No binary floating point is used between the request and the table or the invoice.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Places is the number of decimal places of an Amount.
const Places = 4

const unit = 10_000

// maxDigits is the number of digits before the decimal point that fit an int64, together with Places after it.
const maxDigits = 14

// maxPower is the largest exponent that is evaluated. With a larger one, a number would need as many digits to be an amount.
const maxPower = 1 << 20

// The errors of Parse and ParseJSON.
var (
	ErrSyntax   = errors.New("not a decimal number")
	ErrExponent = errors.New("a number with an exponent")
	ErrPlaces   = fmt.Errorf("more than %d decimal places", Places)
	ErrRange    = errors.New("too large")
)

// Amount is a decimal amount in ten-thousandths of the currency's unit. The zero value is 0.
type Amount int64

// FromInt returns the amount of n units.
func FromInt(n int64) Amount { return Amount(n * unit) }

// Parse parses plain decimal notation: an optional minus sign, digits, and at most Places decimals, not counting trailing zeros ("3.500000"
// is 3.5). It refuses exponents. The errors are ErrSyntax, ErrExponent, ErrPlaces and ErrRange, for errors.Is.
func Parse(s string) (Amount, error) {
	if i := strings.IndexAny(s, "eE"); i > 0 && isDigits(strings.TrimPrefix(s, "-")[:1]) {
		return 0, ErrExponent
	}
	return parse(s, "")
}

// ParseJSON parses a JSON number. Unlike Parse it accepts an exponent: 1e2 is 100, and 35e-1 is 3.5. In JSON these are the same number: a
// JSON schema cannot distinguish them, and a service in between may convert one to the other. A number such as 1e999999999 takes no more
// time than others.
func ParseJSON(s string) (Amount, error) {
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], strings.TrimPrefix(s[i+1:], "+")
		if !isDigits(strings.TrimPrefix(exponent, "-")) || strings.HasPrefix(s[i+1:], "+-") {
			return 0, ErrSyntax
		}
	}
	return parse(mantissa, exponent)
}

// parse parses a decimal number times ten to the power of exponent, which is "" if there is none.
func parse(s, exponent string) (Amount, error) {
	s, negative := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(s, ".")
	if !isDigits(whole) || dotted && !isDigits(frac) {
		return 0, ErrSyntax
	}
	// The value is digits / 10^places.
	digits, places := strings.TrimLeft(whole+frac, "0"), len(frac)
	if digits == "" {
		return 0, nil
	}
	power := 0
	if exponent != "" {
		var err error
		if power, err = strconv.Atoi(exponent); err != nil || power < -maxPower || power > maxPower {
			return 0, exponentError(exponent)
		}
	}
	places -= power
	significant := strings.TrimRight(digits, "0")
	places -= len(digits) - len(significant)
	switch {
	case places > Places:
		return 0, ErrPlaces
	case len(significant)-places > maxDigits:
		return 0, ErrRange
	}
	var n int64
	for _, c := range significant {
		n = n*10 + int64(c-'0')
	}
	for range Places - places {
		n *= 10
	}
	if negative {
		n = -n
	}
	return Amount(n), nil
}

// exponentError returns the error for a number whose exponent exceeds maxPower.
func exponentError(exponent string) error {
	if strings.HasPrefix(exponent, "-") {
		return ErrPlaces
	}
	return ErrRange
}

// Int returns the amount as an integer. ok is false if it is not an integer.
func (a Amount) Int() (n int64, ok bool) { return int64(a) / unit, a%unit == 0 }

// Times multiplies by a count. ok is false if the product does not fit.
func (a Amount) Times(count int64) (product Amount, ok bool) {
	if a == 0 || count == 0 {
		return 0, true
	}
	// -MinInt64 overflows, which the division below would not detect.
	if a == math.MinInt64 || count == math.MinInt64 {
		return 0, false
	}
	p := int64(a) * count
	return Amount(p), p/count == int64(a)
}

// String returns plain decimal notation without trailing zeros: "3.5", "0", "-0.25".
func (a Amount) String() string {
	sign, n := "", uint64(a)
	if a < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%s%d.%0*d", sign, n/unit, Places, n%unit)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON encodes the amount as a JSON number, with exactly the digits of String.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.String()), nil }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
