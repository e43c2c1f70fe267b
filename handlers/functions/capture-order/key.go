package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// namespace is the UUID namespace of order ids. It must never change, or a repeated request would be a new order.
var namespace = uuid.UUID{0x63, 0x68, 0x65, 0x63, 0x6b, 0x65, 0x72, 0x20, 0xb0, 0x72, 0x64, 0x65, 0x72, 0x49, 0x64, 0x31}

// requestKey is the idempotency key of a request, or "" if it has none.
type requestKey string

func readKey(r httpapi.Request) (requestKey, *httpapi.Error) {
	key, found, fault := httpapi.Header(r, checker.IdempotencyKeyHeader)
	if fault != nil || !found {
		return "", fault
	}
	unprintable := func(c rune) bool { return c <= ' ' || c > '~' }
	if key == "" || len(key) > checker.MaxIdempotencyKey || strings.ContainsFunc(key, unprintable) {
		return "", httpapi.Errorf(http.StatusBadRequest, "header %s: must be 1 to %d printable ASCII characters without spaces, got %s",
			checker.IdempotencyKeyHeader, checker.MaxIdempotencyKey, strictjson.Show(key))
	}
	return requestKey(key), nil
}

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
