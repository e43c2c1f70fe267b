package coffee

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/order/money"
)

// EventType is the kind of an event.
type EventType string

// The event types.
const (
	NewOrder       EventType = "new_order"
	OrderCompleted EventType = "order_completed"
)

// Order is one event of an order. OrderID is empty only between ParseRequest and AssignID. City and Details are zero for
// OrderCompleted.
type Order struct {
	OrderID   string
	AccountID string
	VendorID  string
	OrderDate time.Time // UTC, whole microseconds, years 0 to 9999
	City      string
	Details   Details
	EventType EventType
}

// Details is what was ordered.
type Details struct {
	CoffeeType string       `json:"coffeetype"`
	CoffeeSize string       `json:"coffeesize"`
	UnitPrice  money.Amount `json:"unitprice"` // 0 to MaxUnitPrice
	Quantity   int64        `json:"quantity"`  // 1 to MaxQuantity
}

// Total returns the unit price times the quantity. It never fails for an order that was parsed.
func (d Details) Total() (money.Amount, error) {
	total, ok := d.UnitPrice.Times(d.Quantity)
	if !ok {
		return 0, fmt.Errorf("%s times %d is too large an amount", d.UnitPrice, d.Quantity)
	}
	return total, nil
}

// Completed reports whether the event is order_completed.
func (o Order) Completed() bool { return o.EventType == OrderCompleted }

// Version returns orderdate in microseconds since the Unix epoch, by which the events of an account and shop are ordered.
func (o Order) Version() int64 { return o.OrderDate.UnixMicro() }

// AssignID assigns a new id, a time-ordered UUID (version 7), to an order that has none.
func (o *Order) AssignID() error {
	if o.OrderID != "" {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order id: %w", err)
	}
	o.OrderID = id.String()
	return nil
}

// namespace is the UUID namespace of Fingerprint; it must never change, or invoices would be written twice.
var namespace = uuid.UUID{0x6f, 0x72, 0x64, 0x65, 0x72, 0x2d, 0x50, 0x61, 0xa7, 0x74, 0x65, 0x72, 0x6e, 0x73, 0x2e, 0x31}

// Fingerprint returns a UUID (version 5) of the canonical form. It is equal for all copies of a message, and different for
// any other content, even under the same order id.
func (o Order) Fingerprint() (uuid.UUID, error) {
	canonical, err := o.JSON()
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.NewSHA1(namespace, canonical), nil
}

// canonical is the layout of Order.JSON and Message.JSON. The fields are encoded in this order.
type canonical struct {
	OrderID   string       `json:"orderid,omitempty"`
	AccountID string       `json:"accountid"`
	VendorID  string       `json:"vendorid"`
	OrderDate string       `json:"orderdate"`
	City      string       `json:"city,omitempty"`
	Details   *Details     `json:"details,omitempty"`
	EventType [1]EventType `json:"eventtype"`
	Accepted  string       `json:"accepted,omitempty"` // of a Message only
}

// JSON encodes the canonical form, the order object without {"order": ...} around it. Equal orders give equal bytes.
func (o Order) JSON() ([]byte, error) { return o.canonical().encode() }

func (o Order) canonical() canonical {
	c := canonical{
		OrderID: o.OrderID, AccountID: o.AccountID, VendorID: o.VendorID,
		OrderDate: FormatDate(o.OrderDate), EventType: [1]EventType{o.EventType},
	}
	if !o.Completed() {
		c.City, c.Details = o.City, &o.Details
	}
	return c
}

func (c canonical) encode() ([]byte, error) {
	doc, err := EncodeJSON(c)
	if err != nil {
		return nil, fmt.Errorf("encoding order %s: %w", c.OrderID, err)
	}
	return doc, nil
}

// MarshalJSON is JSON, for an order in another document.
func (o Order) MarshalJSON() ([]byte, error) { return o.JSON() }

// EncodeJSON is json.Marshal without escaping <, > and &, which is only useful in HTML.
func EncodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
