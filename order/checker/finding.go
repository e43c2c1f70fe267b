package checker

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// Check is one of the two checks of an order.
type Check string

// The checks.
const (
	Account Check = "account" // that the customer can pay
	Stock   Check = "stock"   // that everything is there
)

// Other returns the other check.
func (c Check) Other() Check {
	if c == Account {
		return Stock
	}
	return Account
}

// MaxLog is how many characters a log line may have. A line with the shortages of MaxItems products fits.
const MaxLog = 16 << 10

// Finding is the result of a check of an order.
type Finding struct {
	OrderID string `json:"orderId"`
	Check   Check  `json:"check"`
	Passed  bool   `json:"passed"`
	Log     string `json:"log"` // the line for the order's logs: 1 to MaxLog characters
}

// JSON encodes the finding. ParseFinding parses it.
func (f Finding) JSON() ([]byte, error) {
	doc, err := coffee.EncodeJSON(f)
	if err != nil {
		return nil, fmt.Errorf("encoding the finding of the %s check on order %s: %w", f.Check, f.OrderID, err)
	}
	return doc, nil
}

// ParseFinding parses what Finding.JSON encodes.
func ParseFinding(body []byte) (Finding, error) {
	doc, err := Decode(body)
	if err != nil {
		return Finding{}, err
	}
	var r Reader
	fields := r.Object(doc, "body", "orderId", "check", "passed", "log")
	if fields == nil {
		return Finding{}, r.Err()
	}
	f := Finding{OrderID: r.ID(fields, "", "orderId"), Check: r.check(fields), Passed: r.passed(fields), Log: r.log(fields)}
	if err := r.Err(); err != nil {
		return Finding{}, err
	}
	return f, nil
}

func (r *Reader) check(fields map[string]any) Check {
	s, ok := r.String(fields, "", "check", strictjson.Required)
	c := Check(s)
	if ok && c != Account && c != Stock {
		r.Faultf("check", "must be %q or %q, got %s", Account, Stock, strictjson.Show(s))
	}
	return c
}

func (r *Reader) passed(fields map[string]any) bool {
	v, found := r.Field(fields, "", "passed", strictjson.Required)
	passed, ok := v.(bool)
	if found && !ok {
		r.Faultf("passed", "must be true or false, got %s", strictjson.Show(v))
	}
	return passed
}

func (r *Reader) log(fields map[string]any) string {
	s, ok := r.String(fields, "", "log", strictjson.Required)
	if ok && (strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > MaxLog) {
		r.Faultf("log", "must be 1 to %d characters, not all blank, got %s", MaxLog, strictjson.Show(s))
	}
	return s
}
