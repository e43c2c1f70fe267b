package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/deadline"
	"github.com/order-patterns/order-patterns/handlers/failure"
	"github.com/order-patterns/order-patterns/handlers/order"
	"github.com/order-patterns/order-patterns/handlers/store"
)

type handler struct {
	orders *store.Writer
}

type output struct {
	Order  order.Order `json:"order"`
	Stored bool        `json:"stored"`
}

// handle takes the input as it is: what encoding/json would say of it has a name that no state machine matches.
func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	s, err := order.ParseSubmission(input)
	if err != nil {
		slog.ErrorContext(ctx, "order refused")
		return output{}, failure.OfStore(err)
	}
	log := slog.With("apiRequestId", s.RequestID)
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	stored, err := h.orders.Consume(ctx, s.Order, log)
	if err != nil {
		log.ErrorContext(ctx, "order not stored", "orderid", s.Order.OrderID, "eventtype", s.Order.EventType, "error", err.Error())
		return output{}, failure.OfStore(err)
	}
	return output{Order: s.Order, Stored: stored}, nil
}
