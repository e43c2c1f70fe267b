// Package seen adds the ids of an order of the checker pattern to traces and logs.
package seen

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Order adds the ids of an order to the span and the log lines of ctx. It omits an empty id. Use the context that it returns for the work
// that follows.
func Order(ctx context.Context, orderID, customerID string) context.Context {
	return trace.Annotate(ctx, "orderId", orderID, "customerId", customerID)
}

// Refused is Order for a message that is refused. It adds the valid ids that it finds in the message.
func Refused(ctx context.Context, body string) context.Context {
	var ids struct{ OrderID, CustomerID string }
	_ = json.Unmarshal([]byte(body), &ids) // a field of another type is skipped
	return Order(ctx, valid(ids.OrderID), valid(ids.CustomerID))
}

func valid(id string) string {
	if coffee.CheckID(id) != "" {
		return ""
	}
	return id
}
