package main

import (
	"fmt"

	"github.com/google/uuid"
)

// namespace is the UUID namespace of order ids. It must never change, or a repeated request would be a new order.
var namespace = uuid.UUID{0x63, 0x68, 0x65, 0x63, 0x6b, 0x65, 0x72, 0x20, 0xb0, 0x72, 0x64, 0x65, 0x72, 0x49, 0x64, 0x31}

// requestKey is the idempotency key of a request, and an identifier of its caller.
type requestKey struct {
	text   string // "" if the request has no key
	caller string // see caller.Check.Name; "" if callers are not known
}

// orderID returns the id of the order at index of the request. With a key it is always the same, without a key it is new and time-ordered.
// It also depends on the customer and on the caller, because two customers, or two callers for one customer, may choose the same key.
func (k requestKey) orderID(customerID string, index int) (string, error) {
	if k.text == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return "", fmt.Errorf("making an order id: %w", err)
		}
		return id.String(), nil
	}
	// Neither a key nor a customer's id contains a space.
	name := fmt.Appendf(nil, "%s %s %d", k.text, customerID, index)
	if k.caller != "" {
		name = fmt.Appendf(name, " %s", k.caller)
	}
	return uuid.NewSHA1(namespace, name).String(), nil
}
