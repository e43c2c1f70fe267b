package checker

import (
	"encoding/json"
	"fmt"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// The limits of the fields.
const (
	MaxID     = coffee.MaxID // characters of customerId, productId and orderId
	MaxItems  = 50           // items of an order: with the account and the order, their updates fit one transaction of 100
	MaxQty    = 10_000
	MaxOrders = 100 // orders of a POST /orders
	// MaxAmount is the largest amount of money, in the currency's unit: the power of ten up to which a client that
	// computes in binary floating point, as JavaScript does, still tells every ten-thousandth from the next.
	MaxAmount = 100_000_000_000
	MaxStock  = 1_000_000_000 // pieces of a product
)

// Reader takes fields out of a document that strictjson decoded, and collects every fault on the way. The zero value is
// ready.
type Reader struct{ strictjson.Reader }

// Decode reads a document; what it cannot read is a fault of "body".
func Decode(body []byte) (any, error) {
	doc, err := strictjson.Decode(body)
	if err != nil {
		return nil, &strictjson.Invalid{Faults: []strictjson.Fault{{Path: "body", Problem: err.Error()}}}
	}
	return doc, nil
}

// ID gives a required field that is an id.
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

// Amount gives a required field that is an amount of money, a number from 0 to MaxAmount.
func (r *Reader) Amount(fields map[string]any, path, name string) money.Amount {
	problem := fmt.Sprintf("a number from 0 to %d with at most %d decimal places", MaxAmount, money.Places)
	return r.number(fields, path, name, problem, func(a money.Amount) bool { return a >= 0 && a <= money.FromInt(MaxAmount) })
}

// Whole gives a required field that is an integer within limits. To JSON 2.0 and 2e0 are the same number as 2.
func (r *Reader) Whole(fields map[string]any, path, name string, least, most int64) int64 {
	problem := fmt.Sprintf("an integer from %d to %d", least, most)
	a := r.number(fields, path, name, problem, func(a money.Amount) bool {
		n, whole := a.Int()
		return whole && least <= n && n <= most
	})
	n, _ := a.Int()
	return n
}

func (r *Reader) number(fields map[string]any, path, name, what string, fits func(money.Amount) bool) money.Amount {
	v, found := r.Field(fields, path, name, strictjson.Required)
	if !found {
		return 0
	}
	number, _ := v.(json.Number)
	a, err := money.ParseJSON(number.String())
	if err != nil || !fits(a) {
		r.Faultf(strictjson.Join(path, name), "must be %s, got %s", what, strictjson.Show(v))
		return 0
	}
	return a
}

// list gives a required field that is an array with a length within limits; nil means that it is not.
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
