// Package seen adds the ids of a coffee order to traces and logs.
package seen

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Order adds the ids of the order to the span and the log lines of ctx, and its event type to the log lines. Use the context that it
// returns for the work that follows.
func Order(ctx context.Context, o coffee.Order) context.Context {
	ctx = trace.Annotate(ctx, "orderId", o.OrderID, "accountId", o.AccountID, "vendorId", o.VendorID)
	return logfields.Add(ctx, "eventType", string(o.EventType))
}

// Refused is Order for a JSON document without a valid order: an order, an object with an order as its field "order", or the input of a
// task with such an object as its field "body", a string. It adds the valid ids that it finds.
func Refused(ctx context.Context, document []byte) context.Context {
	type ids struct{ OrderID, AccountID, VendorID string }
	var found struct {
		ids
		Order ids
		Body  string
	}
	// A field of another type is skipped.
	_ = json.Unmarshal(document, &found)
	if found.Body != "" {
		_ = json.Unmarshal([]byte(found.Body), &found)
	}
	return trace.Annotate(ctx, "orderId", id(found.Order.OrderID, found.OrderID), "accountId", id(found.Order.AccountID, found.AccountID),
		"vendorId", id(found.Order.VendorID, found.VendorID))
}

// id returns the first valid id, or "".
func id(values ...string) string {
	for _, v := range values {
		if coffee.CheckID(v) == "" {
			return v
		}
	}
	return ""
}
