package checker

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// MaxLog is the largest length of a log line, in characters. A line with the shortages of MaxItems products fits.
const MaxLog = 16 << 10

// Finding is the result of a check of an order. It is the contract between a check, in any language, and update-order. Its JSON is the body
// of a message to the queue FINDINGS_QUEUE_URL:
//
//	{"orderId": "0196...", "check": "fraud", "passed": false, "log": "Too many orders from this address"}
//
// All four fields are required, and no others are accepted. A check sends one finding for each order that it gets. It may send the finding
// again: the first one that is applied counts, also if the others differ.
type Finding struct {
	OrderID string `json:"orderId"` // the id of the published order
	Check   Check  `json:"check"`   // the name of the check, which is the checker's name
	Passed  bool   `json:"passed"`  // false rejects the order
	Log     string `json:"log"`     // the line for the order's logs: 1 to MaxLog characters
}

// JSON encodes the finding. ParseFinding parses it.
func (f Finding) JSON() ([]byte, error) {
	doc, err := coffee.EncodeJSON(f)
	if err != nil {
		return nil, fmt.Errorf("encoding the finding of the %s check on order %s: %w", f.Check, f.OrderID, err)
	}
	return doc, nil
}

// ParseFinding parses what Finding.JSON encodes. A check other than Account, Stock and own is a fault.
func ParseFinding(body []byte, own ...Check) (Finding, error) {
	doc, err := Decode(body)
	if err != nil {
		return Finding{}, err
	}
	var r Reader
	fields := r.Object(doc, "body", "orderId", "check", "passed", "log")
	if fields == nil {
		return Finding{}, r.Err()
	}
	f := Finding{OrderID: r.ID(fields, "", "orderId"), Check: r.check(fields, own), Passed: r.passed(fields), Log: r.log(fields)}
	if err := r.Err(); err != nil {
		return Finding{}, err
	}
	return f, nil
}

func (r *Reader) check(fields map[string]any, own []Check) Check {
	s, ok := r.String(fields, "", "check", strictjson.Required)
	c := Check(s)
	if known := Required(own); ok && !slices.Contains(known, c) {
		r.Faultf("check", "must be %s, got %s", oneOf(known), strictjson.Show(s))
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
