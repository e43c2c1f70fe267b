package task

import (
	"errors"

	"github.com/order-patterns/order-patterns/handlers/kit/awserr"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// The errors of the table of orders and of the bucket of invoices. Unavailable means that a retry may succeed, also if a permission or the
// table itself is missing for a while. The result is unknown, and a retry is safe. Refused means that the service does not accept the
// request itself, and would refuse it again. The message names the operation, the resource, and the service's answer.
type (
	StoreUnavailable   struct{ cause }
	StoreRefused       struct{ cause }
	InvoiceUnavailable struct{ cause }
	InvoiceRefused     struct{ cause }
)

type cause struct{ err error }

func (c cause) Error() string { return c.err.Error() }
func (c cause) Unwrap() error { return c.err }

// NotAllowed means that the caller may not place this order.
type NotAllowed struct{}

func (*NotAllowed) Error() string { return "order.accountid: is not the account of the caller" }

// StoreError converts an error of the table to *StoreUnavailable or *StoreRefused. It returns a *coffee.InvalidOrder, and nil, unchanged.
func StoreError(err error) error {
	return classify(err, &StoreUnavailable{cause{err}}, &StoreRefused{cause{err}})
}

// InvoiceError converts an error of the bucket to *InvoiceUnavailable or *InvoiceRefused. It returns a *coffee.InvalidOrder, and nil,
// unchanged.
func InvoiceError(err error) error {
	return classify(err, &InvoiceUnavailable{cause{err}}, &InvoiceRefused{cause{err}})
}

func classify(err, unavailable, refused error) error {
	var invalid *coffee.InvalidOrder
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return invalid
	case awserr.Malformed(err):
		return refused
	}
	return unavailable
}

// final reports whether a retry of the task cannot succeed.
func final(err error) bool {
	switch err.(type) {
	case *coffee.InvalidOrder, *NotAllowed, *StoreRefused, *InvoiceRefused:
		return true
	}
	return false
}
