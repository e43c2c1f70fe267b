package main

import (
	"fmt"

	"github.com/google/uuid"
)

// namespace is the UUID namespace of order ids. It must never change, or a repeated request would be a new order.
var namespace = uuid.UUID{0x63, 0x68, 0x65, 0x63, 0x6b, 0x65, 0x72, 0x20, 0xb0, 0x72, 0x64, 0x65, 0x72, 0x49, 0x64, 0x31}

// requestKey is the idempotency key of a request, and what tells its caller apart from others.
type requestKey struct {
	text   string // "" if the request has no key
	caller string // see caller.Check.Name; "" if callers are not known
}

// orderID returns the id of the order at index of the request: with a key always the same, without a key a new one,
// time-ordered. Two customers may choose the same key, and so may two callers for one customer, so the id depends on both, too.
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
