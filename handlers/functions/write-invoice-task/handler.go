package main

import (
	"context"
	"log/slog"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/ordertask"
	"github.com/order-patterns/order-patterns/handlers/kit/failure"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type output struct {
	InvoiceID string `json:"invoiceid"`
	Key       string `json:"key"`
}

func newTask(invoices *invoice.Writer) *ordertask.Task[output] {
	return &ordertask.Task[output]{
		Do: func(ctx context.Context, o coffee.Order, log *slog.Logger) (output, error) {
			doc, err := invoice.New(o)
			if err != nil {
				return output{}, err
			}
			key, written, err := invoices.Put(ctx, o)
			if err != nil {
				return output{}, err
			}
			outcome := "invoice written"
			if !written {
				outcome = "invoice was there already"
			}
			log.InfoContext(ctx, outcome, "orderid", o.OrderID)
			return output{InvoiceID: doc.InvoiceID, Key: key}, nil
		},
		Failed: "invoice not written", Named: failure.OfInvoice,
	}
}
