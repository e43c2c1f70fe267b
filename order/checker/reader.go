package checker

import (
	"encoding/json"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// The limits of fields.
const (
	MaxID     = coffee.MaxID // characters of customerId, productId and orderId
	MaxItems  = 50           // items of an order: with the order and the account, they fit a transaction, which has at most 100 actions
	MaxQty    = 10_000       // pieces of an item
	MaxOrders = 100          // orders of a POST /orders
	// MaxAmount is the largest amount of money, in the currency's unit. Up to this power of ten, binary floating point, which JavaScript
	// clients use, distinguishes all ten-thousandths.
	MaxAmount = 100_000_000_000
	MaxStock  = 1_000_000_000 // pieces of a product in stock
)

// IdempotencyKeyHeader is the header of POST /order and POST /orders that makes a request repeatable. Its value has at most
// MaxIdempotencyKey printable ASCII characters, without spaces.
const (
	IdempotencyKeyHeader = "Idempotency-Key"
	MaxIdempotencyKey    = 128
)

// Reader reads the fields of a document that strictjson decoded, and collects all faults. The zero value is ready to use.
type Reader struct{ strictjson.Reader }

// Decode decodes a document. The error is a *strictjson.Invalid with a fault of "body".
func Decode(body []byte) (any, error) {
	doc, err := strictjson.Decode(body)
	if err != nil {
		return nil, &strictjson.Invalid{Faults: []strictjson.Fault{{Path: "body", Problem: err.Error()}}}
	}
	return doc, nil
}

// ID returns a required field that is an id.
func (r *Reader) ID(fields map[string]any, path, name string) string {
	s, ok := r.String(fields, path, name, strictjson.Required)
	if !ok {
		return ""
	}
	if problem := coffee.CheckID(s); problem != "" {
		r.Fault(strictjson.Join(path, name), problem)
	}
	return s
}

// Amount returns a required field that is an amount of money, a number from least to MaxAmount.
func (r *Reader) Amount(fields map[string]any, path, name string, least int64) money.Amount {
	v, found := r.Field(fields, path, name, strictjson.Required)
	if !found {
		return 0
	}
	number, _ := v.(json.Number)
	a, err := money.ParseJSON(number.String())
	if err != nil || a < money.FromInt(least) || a > money.FromInt(MaxAmount) {
		r.Faultf(strictjson.Join(path, name), "must be a number from %d to %d with at most %d decimal places, got %s", least, MaxAmount, money.Places, strictjson.Show(v))
		return 0
	}
	return a
}

// Whole returns a required field that is an integer from least to most. 2.0 and 2e0 are accepted for 2.
func (r *Reader) Whole(fields map[string]any, path, name string, least, most int64) int64 {
	return r.Int(fields, path, name, strictjson.Required, least, most)
}

// list returns a required field that is an array of 1 to most elements. It returns nil if the field is missing or not valid.
func (r *Reader) list(fields map[string]any, path, name string, most int) []any {
	v, found := r.Field(fields, path, name, strictjson.Required)
	if !found {
		return nil
	}
	list, ok := v.([]any)
	switch {
	case !ok:
		r.Faultf(strictjson.Join(path, name), "must be an array, got %s", strictjson.Show(v))
	case len(list) < 1 || len(list) > most:
		r.Faultf(strictjson.Join(path, name), "must have 1 to %d elements, has %d", most, len(list))
		return nil
	}
	return list
}
