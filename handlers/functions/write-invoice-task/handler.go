package main

import (
	"context"
	"encoding/json"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
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
	return task.Run(ctx, "write invoice", input, h.write)
}

func (h *handler) write(ctx context.Context, s coffee.Submission) (output, error) {
	doc, err := invoice.New(s.Order)
	if err == nil {
		var key string
		var written bool
		if key, written, err = h.invoices.Put(ctx, s.Order); err == nil {
			h.invoices.Written(ctx, written)
			return output{InvoiceID: doc.InvoiceID, Key: key}, nil
		}
	}
	task.LogError(ctx, "invoice not written", err)
	return output{}, task.InvoiceError(err)
}
