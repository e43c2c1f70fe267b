package dynamodb

import (
	"regexp"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Number is an exact decimal in DynamoDB's canonical text: plain notation, no superfluous zeros, "0" for
// every zero. Equal numbers are equal strings.
//
// At most 38 significant digits; magnitude 1E-130 to 9.9…E+125, or zero.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
type Number string

const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// arithmetic is exact for any two numbers in range: 9.9E125 + 1E-130 has 256 digits.
var arithmetic = apd.BaseContext.WithPrecision(300)

var decimalText = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// ParseNumber reads a number as a client sends it ("1.50", "-3e2") and makes it canonical.
// It fails with a ValidationException when the text is no number, or out of range or precision.
func ParseNumber(text string) (Number, error) {
	d, _, err := apd.NewFromString(text)
	switch {
	case !decimalText.MatchString(text):
		return "", invalid("The parameter cannot be converted to a numeric value: %s", text)
	case err != nil && strings.Contains(strings.ToLower(text), "e-"):
		return "", errUnderflow
	case err != nil: // an exponent too large even for apd
		return "", errOverflow
	}
	d.Reduce(d)
	if d.NumDigits() > maxDigits {
		return "", invalid("Attempting to store more than 38 significant digits in a Number")
	}
	return canonical(d)
}

// canonical expects a reduced decimal.
func canonical(d *apd.Decimal) (Number, error) {
	if d.IsZero() {
		return "0", nil
	}
	exponent := int64(d.Exponent) + d.NumDigits() - 1
	switch {
	// DynamoDB reports a sum that needs more than 38 digits as an overflow.
	case exponent > maxExponent, d.NumDigits() > maxDigits:
		return "", errOverflow
	case exponent < minExponent:
		return "", errUnderflow
	}
	return Number(d.Text('f')), nil
}

var errOverflow = invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")

var errUnderflow = invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")

func (n Number) decimal() *apd.Decimal {
	d, _, err := apd.NewFromString(string(n))
	if err != nil {
		panic("dynamodb: a Number that is not canonical: " + string(n))
	}
	return d
}

// Add returns n + m exactly, or an overflow error when the sum is out of range or precision.
func (n Number) Add(m Number) (Number, error) { return n.combine(arithmetic.Add, m) }

// Sub returns n - m, like Add.
func (n Number) Sub(m Number) (Number, error) { return n.combine(arithmetic.Sub, m) }

func (n Number) combine(op func(d, x, y *apd.Decimal) (apd.Condition, error), m Number) (Number, error) {
	var d apd.Decimal
	if _, err := op(&d, n.decimal(), m.decimal()); err != nil {
		return "", errOverflow
	}
	d.Reduce(&d)
	return canonical(&d)
}

// parts splits a canonical number into sign, significant digits and the exponent of the first digit.
func (n Number) parts() (negative bool, digits string, exponent int) {
	text, negative := strings.CutPrefix(string(n), "-")
	whole, fraction, _ := strings.Cut(text, ".")
	if whole != "0" {
		return negative, strings.TrimRight(whole+fraction, "0"), len(whole) - 1
	}
	digits = strings.TrimLeft(fraction, "0")
	return negative, digits, len(digits) - len(fraction) - 1
}

// sortable encodes the number so that byte order is numeric order: sign, exponent, digits; a negative
// number has every byte complemented and ends in 0xff, so that more digits sort lower.
func (n Number) sortable() string {
	if n == "0" {
		return "\x01"
	}
	negative, digits, exponent := n.parts()
	body := append([]byte{byte(exponent - minExponent)}, digits...)
	if !negative {
		return "\x02" + string(body)
	}
	for i := range body {
		body[i] = ^body[i]
	}
	return "\x00" + string(body) + "\xff"
}
