package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/checker"
)

func TestAnOrderIsCapturedWithTheChecksThatItNeeds(t *testing.T) {
	w := start(t)
	w.orders.Checks = []checker.Check{"fraud"}
	var body map[string]any
	require.Equal(t, 200, w.call(t.Context(), event(t, "post-order.json"), &body))
	require.Equal(t, map[string]any{"fraud": false}, body["checks"])
	id := body["orderId"].(string)
	require.Equal(t, []checker.Check{"account", "stock", "fraud"}, w.order(id).WaitsFor(w.orders.Checks))
}

// The checks of an order are those of the request that captured it.
func TestARepeatedRequestDoesNotChangeTheChecksOfItsOrder(t *testing.T) {
	w := start(t)
	r := event(t, "post-order-key.json")
	var body map[string]any
	require.Equal(t, 200, w.call(t.Context(), r, &body))
	w.orders.Checks = []checker.Check{"fraud"}
	require.Equal(t, 200, w.call(t.Context(), r, &body))
	require.NotContains(t, body, "checks")
	require.Empty(t, w.order(body["orderId"].(string)).Checks)
	require.Len(t, w.published, 2)
}
