// Package money holds exact decimal amounts for the handlers.
//
// An Amount counts ten-thousandths in an int64: four decimal places, exact addition and multiplication, and
// nothing to allocate. That is enough for every amount the order contracts allow (a unit price up to 1,000,000
// times a quantity up to 10,000), and it keeps the start of a Lambda process free of a general decimal library.
// Binary floating point appears nowhere on the way from the request to the table and the invoice.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Places is how many decimal places an Amount keeps.
const Places = 4

const unit = 10_000

// maxDigits and Places are the digits before and after the point that fit an int64.
const maxDigits = 14

// maxPower bounds the exponents that are computed with. A number would have to be written with as many digits for a
// larger one to make an amount of it.
const maxPower = 1 << 20

// The reasons for which Parse refuses a text.
var (
	ErrSyntax   = errors.New("not a decimal number")
	ErrExponent = errors.New("a number with an exponent")
	ErrPlaces   = fmt.Errorf("more than %d decimal places", Places)
	ErrRange    = errors.New("too large")
)

// Amount is a decimal amount in ten-thousandths of the currency's unit. The zero value is 0.
type Amount int64

// FromInt gives the amount of n whole units.
func FromInt(n int64) Amount { return Amount(n * unit) }

// Parse reads plain decimal notation: an optional minus sign, digits, and at most Places decimals that matter
// (trailing zeros after them are dropped: "3.500000" is 3.5). It refuses exponents. The errors are ErrSyntax,
// ErrExponent, ErrPlaces and ErrRange, to be compared with errors.Is.
func Parse(s string) (Amount, error) {
	if i := strings.IndexAny(s, "eE"); i > 0 && isDigits(strings.TrimPrefix(s, "-")[:1]) {
		return 0, ErrExponent
	}
	return parse(s, "")
}

// ParseJSON reads a JSON number. Other than Parse it takes an exponent: 1e2 is 100, and 35e-1 is 3.5. To JSON those are
// spellings of one number, which a JSON schema cannot tell apart, and a service on the way may turn one into the
// other. A text such as 1e999999999 costs no more than any other.
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

// parse reads a decimal number times ten to the power of exponent, which is "" for none.
func parse(s, exponent string) (Amount, error) {
	s, negative := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(s, ".")
	if !isDigits(whole) || dotted && !isDigits(frac) {
		return 0, ErrSyntax
	}
	// The value is digits divided by ten to the power of places.
	digits, places := strings.TrimLeft(whole+frac, "0"), len(frac)
	if digits == "" {
		return 0, nil
	}
	power := 0
	if exponent != "" {
		var err error
		if power, err = strconv.Atoi(exponent); err != nil || power < -maxPower || power > maxPower {
			return 0, beyond(exponent)
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

// beyond is what is wrong with a number whose exponent is out of all proportion.
func beyond(exponent string) error {
	if strings.HasPrefix(exponent, "-") {
		return ErrPlaces
	}
	return ErrRange
}

// Int gives the amount as a whole number, and whether it is one.
func (a Amount) Int() (int64, bool) { return int64(a) / unit, a%unit == 0 }

// Times multiplies by a count. ok is false when the product does not fit.
func (a Amount) Times(count int64) (product Amount, ok bool) {
	if a == 0 || count == 0 {
		return 0, true
	}
	// MinInt64 has no positive twin: the division check below would miss it.
	if a == math.MinInt64 || count == math.MinInt64 {
		return 0, false
	}
	p := int64(a) * count
	return Amount(p), p/count == int64(a)
}

// String writes plain decimal notation without trailing zeros: "3.5", "0", "-0.25".
func (a Amount) String() string {
	sign, n := "", uint64(a)
	if a < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%s%d.%0*d", sign, n/unit, Places, n%unit)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes the amount as a JSON number, with exactly the digits of String.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.String()), nil }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
