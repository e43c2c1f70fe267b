package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// keyHeader names a request, so that it can be repeated; maxKey is how many characters the name may have.
const (
	keyHeader = "Idempotency-Key"
	maxKey    = 128
)

// namespace is the UUID namespace of order ids; it must never change, or a repeated request would be a new order.
var namespace = uuid.UUID{0x63, 0x68, 0x65, 0x63, 0x6b, 0x65, 0x72, 0x20, 0xb0, 0x72, 0x64, 0x65, 0x72, 0x49, 0x64, 0x31}

// requestKey is the name that the client gave its request, or "" if it gave none.
type requestKey string

func readKey(r httpapi.Request) (requestKey, *httpapi.Error) {
	key, found, fault := httpapi.Header(r, keyHeader)
	if fault != nil || !found {
		return "", fault
	}
	unprintable := func(c rune) bool { return c <= ' ' || c > '~' }
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, unprintable) {
		return "", httpapi.Errorf(http.StatusBadRequest, "header %s: must be 1 to %d printable ASCII characters without spaces, got %s",
			keyHeader, maxKey, strictjson.Show(key))
	}
	return requestKey(key), nil
}

// orderID is the id of the order at index of the request: always the same for a request with a key, and a new one,
// time-ordered, without. Customers may well choose the same keys, so the id depends on the customer, too.
func (k requestKey) orderID(customerID string, index int) (string, error) {
	if k == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return "", fmt.Errorf("making an order id: %w", err)
		}
		return id.String(), nil
	}
	// Neither a key nor a customer's id holds a space.
	return uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s %s %d", k, customerID, index)).String(), nil
}
