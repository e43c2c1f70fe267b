package coffeeclient

import (
	"context"
	"net/http"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Load is a number of orders to place.
type Load struct {
	Client    *Client
	Generator *Generator
	// Count is how many orders to place, AtOnce how many at a time. Both at least 1.
	Count, AtOnce int
	// Accepted is called with each accepted order at once, one call at a time. An error stops the run. Optional.
	Accepted func(o coffee.Order) error
	// Answered is called after each answer, one call at a time. Optional.
	Answered func()
}

// Run places the orders, each once: an order is counted and not sent again, whatever the answer. If ctx ends or Accepted
// fails, no more orders are sent; the answers so far are returned with an error that says why.
func (l *Load) Run(ctx context.Context) (*load.Answers, error) {
	return load.Run[coffee.Order, coffee.Order]{
		Count: l.Count, AtOnce: l.AtOnce,
		Next: l.Generator.Next,
		Place: func(ctx context.Context, o coffee.Order) (coffee.Order, error) {
			var err error
			o.OrderID, err = l.Client.Place(ctx, o)
			return o, err
		},
		Want:     http.StatusAccepted,
		Accepted: l.Accepted, Answered: l.Answered,
	}.Do(ctx)
}
