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

var writing = task.Task{Work: "write invoice", Failure: "invoice not written"}

func (h *handler) handle(ctx context.Context, input json.RawMessage) (output, error) {
	return task.Run(ctx, writing, input, h.write)
}

func (h *handler) write(ctx context.Context, s coffee.Submission) (output, error) {
	doc, err := invoice.New(s.Order)
	if err != nil {
		return output{}, task.InvoiceError(err)
	}
	key, err := h.invoices.PutNew(ctx, s.Order, s.Accepted)
	if err != nil {
		return output{}, task.InvoiceError(err)
	}
	return output{InvoiceID: doc.InvoiceID, Key: key}, nil
}
