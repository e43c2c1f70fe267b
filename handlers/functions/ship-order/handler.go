package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/checker"
)

type handler struct {
	client          *dynamodb.Client
	orders          *orders.Table
	accounts, stock *balances.Table
	now             func() time.Time
}

// handle ships an order, or rejects it. An order that is not "Ready to ship" is not changed.
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
		log.ErrorContext(ctx, "order not shipped; it will be tried again", "error", err.Error())
		return fmt.Errorf("shipping order %s: %w", id, err)
	}
	log.InfoContext(ctx, outcome)
	return nil
}

// ship returns the outcome for the log.
func (h *handler) ship(ctx context.Context, id string) (outcome string, err error) {
	rec, err := h.orders.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if rec.Status != checker.ReadyToShip {
		return fmt.Sprintf("order is %s: nothing to do", rec.Status), nil
	}
	debits := h.debits(rec.Order)
	err = h.transact(ctx, id, debits)
	if err == nil {
		return "order shipped", nil
	}
	shortages, err := h.explain(err, debits)
	switch {
	case err != nil:
		return "", err
	case shortages == "":
		return "order was shipped or rejected in the meantime: nothing to do", nil
	}
	rec, rejected, err := h.orders.Reject(ctx, id, checker.ReadyToShip, shortages)
	if err != nil {
		return "", err
	}
	if !rejected {
		return fmt.Sprintf("order is %s in the meantime: nothing to do", rec.Status), nil
	}
	return "order rejected", nil
}
