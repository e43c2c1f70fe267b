package coffee

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/order/money"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// The limits of fields.
const (
	MaxID        = 128       // characters of accountid and vendorid
	MaxOrderID   = 80        // characters of orderid, the limit of the name of a Step Functions execution
	MaxText      = 128       // characters of city, coffeetype and coffeesize
	MaxUnitPrice = 1_000_000 // in the currency's unit
	MaxQuantity  = 10_000    // cups of an order
)

// IDPattern is a regular expression that accountid, vendorid and orderid must match. It is also valid in a JSON schema. In addition they
// have at most MaxID or MaxOrderID characters. They become parts of keys, so they contain neither separators nor "..".
const IDPattern = `^\.?([A-Za-z0-9_-]\.?)+$`

type presence = strictjson.Presence

const (
	required = strictjson.Required
	optional = strictjson.Optional
)

// reader reads the fields of an order in a decoded document, and collects all faults.
type reader struct {
	*strictjson.Reader
	now time.Time // when the order is accepted; zero if it was accepted before, and its date is not compared again
}

func newReader() reader { return reader{Reader: &strictjson.Reader{}} }

func (r reader) err() error { return Invalid(r.Faults) }

func (r reader) id(fields map[string]any, path, name string, need presence, limit int) string {
	s, ok := r.String(fields, path, name, need)
	if !ok {
		return ""
	}
	if problem := checkID(s, limit); problem != "" {
		r.Fault(strictjson.Join(path, name), problem)
	}
	return s
}

// CheckID returns why an accountid or vendorid is not valid, or "".
func CheckID(s string) string { return checkID(s, MaxID) }

// CheckOrderID returns why an orderid is not valid, or "".
func CheckOrderID(s string) string { return checkID(s, MaxOrderID) }

func checkID(s string, limit int) string {
	switch {
	case s == "" || len(s) > limit || strings.ContainsFunc(s, notInID):
		return fmt.Sprintf("must be 1 to %d of the characters A-Z a-z 0-9 . _ -, got %s", limit, strictjson.Show(s))
	case s == "." || strings.Contains(s, ".."):
		return fmt.Sprintf("must not be a dot or hold two dots in a row, got %s", strictjson.Show(s))
	}
	return ""
}

func notInID(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
}

func (r reader) text(fields map[string]any, path, name string, need presence) string {
	s, ok := r.String(fields, path, name, need)
	if !ok {
		return ""
	}
	if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > MaxText || strings.ContainsFunc(s, notText) {
		r.Faultf(strictjson.Join(path, name), "must be 1 to %d characters, not all blank, without control characters, got %s", MaxText, strictjson.Show(s))
	}
	return s
}

// notText also matches U+FFFD. The decoder replaces half a surrogate pair by it, and the original is lost.
func notText(c rune) bool { return unicode.IsControl(c) || c == utf8.RuneError }

func (r reader) price(fields map[string]any, path, name string, need presence) money.Amount {
	v, found := r.Field(fields, path, name, need)
	if !found {
		return 0
	}
	price, err := money.Amount(0), money.ErrSyntax
	switch v := v.(type) {
	case json.Number:
		price, err = money.ParseJSON(v.String())
	case string:
		price, err = money.Parse(v)
	}
	if err != nil || price < 0 || price > money.FromInt(MaxUnitPrice) {
		r.Faultf(strictjson.Join(path, name), "must be a number, or a decimal string without exponent, from 0 to %d with at most %d decimal places, got %s",
			MaxUnitPrice, money.Places, strictjson.Show(v))
		return 0
	}
	return price
}
