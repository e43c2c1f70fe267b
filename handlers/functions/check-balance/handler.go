package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/findings"
	"github.com/order-patterns/order-patterns/handlers/checker/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/order/checker"
)

// maxConcurrent is how many orders of a batch are checked concurrently: all of a batch of the default size.
const maxConcurrent = 10

type handler struct {
	queue    *sqsbatch.Queue
	accounts *balances.Table
	findings *findings.Queue
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.check), nil
}

func (h *handler) check(ctx context.Context, m events.SQSMessage) error {
	o, err := checker.Parse([]byte(m.Body))
	if err != nil {
		seen.Refused(ctx, m.Body)
		return permanent.Error(err)
	}
	ctx = seen.Order(ctx, o.OrderID, o.CustomerID)
	short, err := h.accounts.CheckOne(ctx, balances.Want{ID: o.CustomerID, Amount: o.TotalAmount})
	if err != nil {
		return fmt.Errorf("checking the account of order %s: %w", o.OrderID, err)
	}
	return h.findings.Send(ctx, balances.Accounts.Finding(o.OrderID, short))
}
