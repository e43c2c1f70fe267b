package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/deadline"
	"github.com/order-patterns/order-patterns/handlers/failure"
	"github.com/order-patterns/order-patterns/handlers/invoice"
	"github.com/order-patterns/order-patterns/handlers/order"
)

type handler struct {
	invoices *invoice.Writer
}

type output struct {
	InvoiceID string `json:"invoiceid"`
	Key       string `json:"key"`
}

// handle takes the input as it is: what encoding/json would say of it has a name that no state machine matches.
func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	s, err := order.ParseSubmission(input)
	if err != nil {
		slog.ErrorContext(ctx, "order refused")
		return output{}, failure.OfInvoice(err)
	}
	log := slog.With("orderid", s.Order.OrderID, "apiRequestId", s.RequestID)
	doc, err := invoice.New(s.Order)
	if err != nil {
		log.ErrorContext(ctx, "order has no invoice")
		return output{}, failure.OfInvoice(err)
	}
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	key, written, err := h.invoices.Put(ctx, s.Order)
	if err != nil {
		log.ErrorContext(ctx, "invoice not written", "error", err.Error())
		return output{}, failure.OfInvoice(err)
	}
	outcome := "invoice written"
	if !written {
		outcome = "invoice was there already"
	}
	log.InfoContext(ctx, outcome)
	return output{InvoiceID: doc.InvoiceID, Key: key}, nil
}
