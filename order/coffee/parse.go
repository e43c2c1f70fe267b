package coffee

import (
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/order/strictjson"
)

// ParseRequest parses the body of POST /order, {"order": {...}}, which is accepted at now. orderid is optional. eventtype is new_order by
// default. orderdate is between Earliest and MaxAhead after now. The error is an *InvalidOrder with all faults.
func ParseRequest(body []byte, now time.Time) (Order, error) {
	doc, err := decode(body)
	if err != nil {
		return Order{}, err
	}
	r := newReader()
	r.now = now
	request := r.Object(doc, "body", "order")
	inner, found := request["order"]
	if !found {
		r.Fault("order", "is missing")
		return Order{}, r.err()
	}
	return r.order(inner, "order", optional)
}

// Parse parses the canonical form that Order.JSON encodes, in which orderid is required. The error is an *InvalidOrder with all faults.
func Parse(body []byte) (Order, error) {
	doc, err := decode(body)
	if err != nil {
		return Order{}, err
	}
	r := newReader()
	return r.order(doc, "", required)
}

// Read is Parse for an order at path in a document that strictjson decoded. It adds faults to r. ok is true if there are none.
func Read(r *strictjson.Reader, v any, path string) (o Order, ok bool) {
	inner := newReader()
	o, err := inner.order(v, path, required)
	r.Faults = append(r.Faults, inner.Faults...)
	return o, err == nil
}

func decode(body []byte) (any, error) {
	doc, err := strictjson.Decode(body)
	if err != nil {
		return nil, &InvalidOrder{Faults: []Fault{{Path: "body", Problem: err.Error()}}}
	}
	return doc, nil
}

// order reads the order object at path. The event type is read first because it decides which fields are required.
func (r reader) order(v any, path string, id presence) (Order, error) {
	at := path
	if at == "" {
		at = "body"
	}
	fields := r.Object(v, at, "orderid", "accountid", "vendorid", "orderdate", "city", "details", "eventtype")
	if fields == nil {
		return Order{}, r.err()
	}
	o := Order{EventType: r.eventType(fields, path)}
	order := required
	if o.Completed() {
		order = optional
	}
	o.OrderID = r.id(fields, path, "orderid", id, MaxOrderID)
	o.AccountID = r.id(fields, path, "accountid", required, MaxID)
	o.VendorID = r.id(fields, path, "vendorid", required, MaxID)
	o.OrderDate = r.orderDate(fields, path)
	o.City = r.text(fields, path, "city", order)
	o.Details = r.details(fields, path, order)
	if err := r.err(); err != nil {
		return Order{}, err
	}
	// A completion has no city and no details. If a client sends them, they are validated and dropped.
	if o.Completed() {
		o.City, o.Details = "", Details{}
	}
	return o, nil
}

func (r reader) details(parent map[string]any, path string, need presence) Details {
	v, found := r.Field(parent, path, "details", need)
	if !found {
		return Details{}
	}
	path = strictjson.Join(path, "details")
	fields := r.Object(v, path, "coffeetype", "coffeesize", "unitprice", "quantity")
	if fields == nil {
		return Details{}
	}
	return Details{
		CoffeeType: r.text(fields, path, "coffeetype", need),
		CoffeeSize: r.text(fields, path, "coffeesize", need),
		UnitPrice:  r.price(fields, path, "unitprice", need),
		Quantity:   r.Int(fields, path, "quantity", need, 1, MaxQuantity),
	}
}

func (r reader) eventType(fields map[string]any, path string) EventType {
	v, found := fields["eventtype"]
	if !found {
		return NewOrder
	}
	list, ok := v.([]any)
	if ok && len(list) == 1 {
		switch list[0] {
		case string(NewOrder):
			return NewOrder
		case string(OrderCompleted):
			return OrderCompleted
		}
	}
	got := strictjson.Show(v)
	if ok && len(list) == 1 {
		got = "[" + strictjson.Show(list[0]) + "]"
	} else if ok {
		got = fmt.Sprintf("an array of %d", len(list))
	}
	r.Faultf(strictjson.Join(path, "eventtype"), "must be [%q] or [%q], got %s", NewOrder, OrderCompleted, got)
	return NewOrder
}
