package checker

import (
	"fmt"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// Order is what a customer ordered.
type Order struct {
	OrderID     string       `json:"orderId"`
	CustomerID  string       `json:"customerId"`
	Items       []Item       `json:"items"`       // 1 to MaxItems
	TotalAmount money.Amount `json:"totalAmount"` // 0 to MaxAmount
}

// Item is a number of pieces of a product. An order may name a product several times.
type Item struct {
	ProductID string `json:"productId"`
	Qty       int64  `json:"qty"` // 1 to MaxQty
}

// Same reports whether two orders have the same content, apart from their ids.
func (o Order) Same(other Order) bool {
	return o.CustomerID == other.CustomerID && o.TotalAmount == other.TotalAmount && slices.Equal(o.Items, other.Items)
}

// Wanted returns the sum of the order's pieces of each product, in the order in which the products first occur.
func (o Order) Wanted() []Item {
	var sums []Item
	for _, item := range o.Items {
		if i := slices.IndexFunc(sums, func(s Item) bool { return s.ProductID == item.ProductID }); i >= 0 {
			sums[i].Qty += item.Qty
		} else {
			sums = append(sums, item)
		}
	}
	return sums
}

// JSON encodes the order for the checks. Parse parses it.
func (o Order) JSON() ([]byte, error) {
	doc, err := coffee.EncodeJSON(o)
	if err != nil {
		return nil, fmt.Errorf("encoding order %s: %w", o.OrderID, err)
	}
	return doc, nil
}

// Status is the state of an order.
type Status string

// The statuses. Rejected and Shipped are final.
const (
	Pending     Status = "Pending"
	ReadyToShip Status = "Ready to ship"
	Shipped     Status = "Shipped"
	Rejected    Status = "Rejected"
)

// Record is an order with its status, as it is stored and returned to clients.
type Record struct {
	Order
	Status         Status    `json:"status"`
	AccountChecked bool      `json:"accountChecked"` // the finding of that check was applied, passed or not
	StockChecked   bool      `json:"stockChecked"`
	Logs           []string  `json:"logs"` // what each step found, in the order of arrival; never nil
	CreatedAt      time.Time `json:"-"`    // UTC
	PublishedAt    time.Time `json:"-"`    // when the outbox published it last, or zero if it has not
}

// NewRecord makes the record of an order that was accepted at now.
func NewRecord(o Order, now time.Time) Record {
	return Record{Order: o, Status: Pending, Logs: []string{}, CreatedAt: now.UTC()}
}

// Checked reports whether the finding of a check was applied.
func (r Record) Checked(c Check) bool {
	if c == Account {
		return r.AccountChecked
	}
	return r.StockChecked
}
