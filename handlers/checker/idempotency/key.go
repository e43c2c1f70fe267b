// Package idempotency reads the idempotency key of a request from its header.
package idempotency

import (
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// Key returns the idempotency key of a request: 1 to checker.MaxIdempotencyKey printable ASCII characters without spaces,
// or "" if the request has no such header.
func Key(r httpapi.Request) (string, *httpapi.Error) {
	key, found, fault := httpapi.Header(r, checker.IdempotencyKeyHeader)
	if fault != nil || !found {
		return "", fault
	}
	unprintable := func(c rune) bool { return c <= ' ' || c > '~' }
	if key == "" || len(key) > checker.MaxIdempotencyKey || strings.ContainsFunc(key, unprintable) {
		return "", httpapi.Errorf(http.StatusBadRequest, "header %s: must be 1 to %d printable ASCII characters without spaces, got %s",
			checker.IdempotencyKeyHeader, checker.MaxIdempotencyKey, strictjson.Show(key))
	}
	return key, nil
}
