package coffeeclient

import (
	"context"
	"net/http"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Load places a number of orders.
type Load struct {
	Client    *Client
	Generator *Generator
	// Count is the number of orders, AtOnce the number of concurrent requests. Both are at least 1.
	Count, AtOnce int
	// Accepted is called at once with each accepted order. Calls do not overlap. An error stops the run. Optional.
	Accepted func(o coffee.Order) error
	// Answered is called after each answer. Calls do not overlap. Optional.
	Answered func()
}

// Run places each order once. It does not retry. If ctx ends or Accepted fails, no more orders are sent; Run then returns the answers so
// far with an error that gives the reason.
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
