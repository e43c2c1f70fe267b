package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	invoices *invoice.Writer
}

type output struct {
	InvoiceID string `json:"invoiceid"`
	Key       string `json:"key"`
}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	s, log, err := task.Parse(ctx, input)
	if err != nil {
		return output{}, err
	}
	o := s.Order
	out, err := h.write(ctx, o, log)
	if err != nil {
		task.LogError(ctx, log, "invoice not written", o, err)
		return output{}, task.InvoiceError(err)
	}
	return out, nil
}

func (h *handler) write(ctx context.Context, o coffee.Order, log *slog.Logger) (output, error) {
	doc, err := invoice.New(o)
	if err != nil {
		return output{}, err
	}
	key, written, err := h.invoices.Put(ctx, o)
	if err != nil {
		return output{}, err
	}
	outcome := "invoice written"
	if !written {
		outcome = "invoice was there already"
	}
	log.InfoContext(ctx, outcome, "orderid", o.OrderID)
	return output{InvoiceID: doc.InvoiceID, Key: key}, nil
}
