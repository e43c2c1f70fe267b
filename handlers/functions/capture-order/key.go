package main

import (
	"fmt"

	"github.com/google/uuid"
)

// namespace is the UUID namespace of order ids. It must never change, or a repeated request would be a new order.
var namespace = uuid.UUID{0x63, 0x68, 0x65, 0x63, 0x6b, 0x65, 0x72, 0x20, 0xb0, 0x72, 0x64, 0x65, 0x72, 0x49, 0x64, 0x31}

// requestKey is the idempotency key of a request, or "" if it has none.
type requestKey string

// orderID returns the id of the order at index of the request: with a key always the same, without a key a new one,
// time-ordered. Two customers may choose the same key, so the id depends on the customer, too.
func (k requestKey) orderID(customerID string, index int) (string, error) {
	if k == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return "", fmt.Errorf("making an order id: %w", err)
		}
		return id.String(), nil
	}
	// Neither a key nor a customer's id contains a space.
	return uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s %s %d", k, customerID, index)).String(), nil
}
