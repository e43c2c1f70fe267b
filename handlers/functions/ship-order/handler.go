package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/checker"
)

type handler struct {
	client          *dynamodb.Client
	orders          *orderbook.Book
	accounts, stock *ledger.Ledger
	now             func() time.Time
}

// handle ships an order, or rejects it. An order that is not "Ready to ship" is left alone: it was decided already.
func (h *handler) handle(ctx context.Context, input json.RawMessage) error {
	id, err := checker.ParseReference(input)
	if err != nil {
		return err
	}
	log := slog.With("orderId", id)
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	outcome, err := h.ship(ctx, id)
	if err != nil {
		log.ErrorContext(ctx, "order not shipped; it will be tried again or go to the on-failure destination", "error", err.Error())
		return fmt.Errorf("shipping order %s: %w", id, err)
	}
	log.InfoContext(ctx, outcome)
	return nil
}

// ship gives what came of it, for the log.
func (h *handler) ship(ctx context.Context, id string) (outcome string, err error) {
	rec, err := h.orders.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if rec.Status != checker.ReadyToShip {
		return fmt.Sprintf("order is %s: nothing to do", rec.Status), nil
	}
	s := h.shipment(rec.Order)
	err = s.transact(ctx)
	if err == nil {
		return "order shipped", nil
	}
	verdict, err := s.explain(err)
	switch {
	case err != nil:
		return "", err
	case verdict == "":
		return "order was decided in the meantime: nothing to do", nil
	}
	rec, rejected, err := h.orders.Reject(ctx, id, checker.ReadyToShip, verdict)
	if err != nil {
		return "", err
	}
	if !rejected {
		return fmt.Sprintf("order is %s in the meantime: nothing to do", rec.Status), nil
	}
	return "order rejected", nil
}
