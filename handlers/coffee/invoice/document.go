package invoice

import (
	"fmt"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// Document is an invoice. Amounts are exact JSON numbers.
type Document struct {
	InvoiceID string         `json:"invoiceid"` // the order's fingerprint: the same for every copy of the order
	OrderID   string         `json:"orderid"`
	AccountID string         `json:"accountid"`
	VendorID  string         `json:"vendorid"`
	OrderDate string         `json:"orderdate"` // RFC 3339, UTC
	City      string         `json:"city"`
	Details   coffee.Details `json:"details"`
	LineTotal money.Amount   `json:"linetotal"` // unit price times quantity
	Total     money.Amount   `json:"total"`     // the sum of the line totals; an order has one line
}

// New returns the invoice of an order. A completion has none; the error is a *coffee.InvalidOrder.
func New(o coffee.Order) (Document, error) {
	if o.EventType != coffee.NewOrder {
		return Document{}, &coffee.InvalidOrder{Faults: []coffee.Fault{{
			Path: "order.eventtype", Problem: fmt.Sprintf("must be [%q]: an event of type %s has no invoice", coffee.NewOrder, o.EventType),
		}}}
	}
	id, err := o.Fingerprint()
	if err != nil {
		return Document{}, fmt.Errorf("making the invoice id of order %s: %w", o.OrderID, err)
	}
	total, err := o.Details.Total()
	if err != nil {
		return Document{}, fmt.Errorf("adding up order %s: %w", o.OrderID, err)
	}
	return Document{
		InvoiceID: id.String(), OrderID: o.OrderID, AccountID: o.AccountID, VendorID: o.VendorID,
		OrderDate: coffee.FormatDate(o.OrderDate), City: o.City, Details: o.Details, LineTotal: total, Total: total,
	}, nil
}
