package order

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/handlers/money"
)

// The limits of the fields.
const (
	MaxID        = 128       // characters of accountid and vendorid
	MaxOrderID   = 80        // characters of orderid: as many as the name of an execution of Step Functions may have
	MaxText      = 128       // characters of city, coffeetype and coffeesize
	MaxUnitPrice = 1_000_000 // in the currency's unit
	MaxQuantity  = 10_000
)

// IDPattern is the regular expression (also valid in a JSON schema) that accountid, vendorid and orderid match,
// besides having at most MaxID or MaxOrderID characters. They become parts of keys, hence no separators and no "..".
const IDPattern = `^\.?([A-Za-z0-9_-]\.?)+$`

type presence bool

const (
	required presence = true
	optional presence = false
)

// reader takes fields out of a decoded document and collects every fault on the way.
type reader struct {
	faults []Fault
}

func (r *reader) fault(path, problem string) {
	r.faults = append(r.faults, Fault{Path: path, Problem: problem})
}

func (r *reader) faultf(path, format string, args ...any) {
	r.fault(path, fmt.Sprintf(format, args...))
}

func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return &InvalidOrder{Faults: r.faults}
}

// object asserts that v is an object with no fields but the known ones. nil means that it is not an object.
func (r *reader) object(v any, path string, known ...string) map[string]any {
	fields, ok := v.(map[string]any)
	if !ok {
		r.faultf(path, "must be an object, got %s", show(v))
		return nil
	}
	var unknown []string
	for name := range fields {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		r.faultf(path, "has an unknown field %s (known: %s)", show(name), strings.Join(known, ", "))
	}
	return fields
}

func (r *reader) field(fields map[string]any, path, name string, need presence) (any, bool) {
	v, found := fields[name]
	if !found && need == required {
		r.fault(join(path, name), "is missing")
	}
	return v, found
}

func (r *reader) id(fields map[string]any, path, name string, need presence, limit int) string {
	v, found := r.field(fields, path, name, need)
	if !found {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.faultf(join(path, name), "must be a string, got %s", show(v))
		return ""
	}
	if problem := checkID(s, limit); problem != "" {
		r.fault(join(path, name), problem)
	}
	return s
}

// CheckID says what is wrong with an accountid or vendorid, or gives "" if nothing is.
func CheckID(s string) string { return checkID(s, MaxID) }

// CheckOrderID says what is wrong with an orderid, or gives "" if nothing is.
func CheckOrderID(s string) string { return checkID(s, MaxOrderID) }

func checkID(s string, limit int) string {
	switch {
	case s == "" || len(s) > limit || strings.ContainsFunc(s, notInID):
		return fmt.Sprintf("must be 1 to %d of the characters A-Z a-z 0-9 . _ -, got %s", limit, show(s))
	case s == "." || strings.Contains(s, ".."):
		return fmt.Sprintf("must not be a dot or hold two dots in a row, got %s", show(s))
	}
	return ""
}

func notInID(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
}

func (r *reader) text(fields map[string]any, path, name string, need presence) string {
	v, found := r.field(fields, path, name, need)
	if !found {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.faultf(join(path, name), "must be a string, got %s", show(v))
		return ""
	}
	if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > MaxText || strings.ContainsFunc(s, notText) {
		r.faultf(join(path, name), "must be 1 to %d characters, not all blank, without control characters, got %s", MaxText, show(s))
	}
	return s
}

// notText also refuses U+FFFD: the decoder puts it in place of half a surrogate pair, so what was sent is lost.
func notText(c rune) bool { return unicode.IsControl(c) || c == utf8.RuneError }

func (r *reader) price(fields map[string]any, path, name string, need presence) money.Amount {
	v, found := r.field(fields, path, name, need)
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
		r.faultf(join(path, name), "must be a number, or a decimal string without exponent, from 0 to %d with at most %d decimal places, got %s",
			MaxUnitPrice, money.Places, show(v))
		return 0
	}
	return price
}

// quantity takes 2.0 and 2e0 for 2: to JSON they are the same number.
func (r *reader) quantity(fields map[string]any, path, name string, need presence) int64 {
	v, found := r.field(fields, path, name, need)
	if !found {
		return 0
	}
	number, _ := v.(json.Number)
	amount, err := money.ParseJSON(number.String())
	n, whole := amount.Int()
	if err != nil || !whole || n < 1 || n > MaxQuantity {
		r.faultf(join(path, name), "must be an integer from 1 to %d, got %s", MaxQuantity, show(v))
		return 0
	}
	return n
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
