package checker

import (
	"fmt"
	"maps"
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

// Item is a quantity of a product. An order may name a product several times.
type Item struct {
	ProductID string `json:"productId"`
	Qty       int64  `json:"qty"` // 1 to MaxQty
}

// Same reports whether two orders have the same content. It ignores their ids.
func (o Order) Same(other Order) bool {
	return o.CustomerID == other.CustomerID && o.TotalAmount == other.TotalAmount && slices.Equal(o.Items, other.Items)
}

// Wanted returns the order's total quantity of each product, in the order in which the products first occur.
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

// Record is an order and its status, as it is stored and returned to clients.
type Record struct {
	Order
	Status         Status `json:"status"`
	AccountChecked bool   `json:"accountChecked"` // whether the finding of the check was applied, passed or not
	StockChecked   bool   `json:"stockChecked"`
	// Checks are the checks besides Account and Stock that were required when the order was captured, and whether the finding of each was
	// applied. A check that was added later is included only if its finding was applied. Nil if there are none.
	Checks      map[Check]bool `json:"checks,omitempty"`
	Logs        []string       `json:"logs"` // what each step found, in the order of arrival; never nil
	CreatedAt   time.Time      `json:"-"`    // UTC
	PublishedAt time.Time      `json:"-"`    // when the outbox last published it, or zero
}

// NewRecord returns the record of an order that was accepted at now. own are its checks besides Account and Stock.
func NewRecord(o Order, now time.Time, own ...Check) Record {
	r := Record{Order: o, Status: Pending, Logs: []string{}, CreatedAt: now.UTC()}
	for _, c := range own {
		r.SetChecked(c, false)
	}
	return r
}

// SetChecked sets whether the finding of a check was applied.
func (r *Record) SetChecked(c Check, checked bool) {
	switch c {
	case Account:
		r.AccountChecked = checked
	case Stock:
		r.StockChecked = checked
	default:
		if r.Checks == nil {
			r.Checks = map[Check]bool{}
		}
		r.Checks[c] = checked
	}
}

// Checked reports whether the finding of a check was applied.
func (r Record) Checked(c Check) bool {
	switch c {
	case Account:
		return r.AccountChecked
	case Stock:
		return r.StockChecked
	}
	return r.Checks[c]
}

// Found reports whether the finding of any check was applied.
func (r Record) Found() bool {
	return r.AccountChecked || r.StockChecked || slices.Contains(slices.Collect(maps.Values(r.Checks)), true)
}

// WaitsFor returns the checks that the order waits for. own are the checks besides Account and Stock that are required now. The order does
// not wait for a check that was not required when it was captured, or that is no longer required.
func (r Record) WaitsFor(own []Check) []Check {
	return slices.DeleteFunc(Required(own), func(c Check) bool {
		_, had := r.Checks[c]
		return r.Checked(c) || c != Account && c != Stock && !had
	})
}
