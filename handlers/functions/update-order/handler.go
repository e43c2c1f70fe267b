package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

// maxConcurrent is how many findings of a batch are applied concurrently: all of a batch of the default size.
const maxConcurrent = 10

// invokeAPI is the part of a Lambda client that the function uses.
type invokeAPI interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

type handler struct {
	queue        *sqsbatch.Queue
	orders       *orders.Table
	functions    invokeAPI
	shipFunction string
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return h.queue.Process(ctx, batch, maxConcurrent, h.apply), nil
}

func (h *handler) apply(ctx context.Context, m events.SQSMessage) error {
	f, err := checker.ParseFinding([]byte(m.Body), h.orders.Checks...)
	if err != nil {
		seen.Refused(ctx, m.Body)
		return permanent.Error(err)
	}
	ctx = seen.Order(ctx, f.OrderID, "")
	rec, effect, err := h.orders.Apply(ctx, f)
	// An order is stored before it is published, so an order that is missing now will never exist.
	if errors.Is(err, orders.ErrNotFound) {
		return permanent.Error(err)
	}
	if err != nil {
		return fmt.Errorf("applying the finding of the %s check: %w", f.Check, err)
	}
	logEffect(seen.Order(ctx, "", rec.CustomerID), f, rec, effect)
	// This depends on the order, not on whether the finding was applied now: an earlier invocation may have applied it and ended before the
	// next line. ship-order is idempotent.
	if rec.Status == checker.ReadyToShip {
		return h.shipOrder(ctx, f.OrderID)
	}
	return nil
}

// logEffect logs what a finding did to its order.
func logEffect(ctx context.Context, f checker.Finding, rec checker.Record, effect orders.Effect) {
	message, outcome := "finding applied", "applied"
	var values []metric.Value
	switch {
	case effect == orders.None:
		message, outcome = "finding was applied already", "repeated"
	case effect == orders.Decided && rec.Status == checker.ReadyToShip:
		outcome = "ready"
	case effect == orders.Decided:
		outcome = "rejected"
		values = []metric.Value{metric.Reject(reason(f.Check)), metric.Seconds(ordermetric.SecondsToDone, time.Since(rec.CreatedAt))}
	}
	metric.Info(trace.Annotate(ctx, "outcome", outcome), message, values, "check", f.Check, "passed", f.Passed, "status", rec.Status)
}

// reason returns why an order that does not pass a check is rejected.
func reason(c checker.Check) metric.Reason {
	switch c {
	case checker.Account:
		return ordermetric.Balance
	case checker.Stock:
		return ordermetric.Stock
	}
	return ordermetric.Check
}

// shipOrder invokes ship-order and waits for it, so that the finding stays in its queue until the order is shipped or rejected. Lambda
// would retry an asynchronous invocation only twice, within three minutes: an order that became ready shortly before an outage of a table
// would not be shipped.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
func (h *handler) shipOrder(ctx context.Context, orderID string) error {
	payload, err := json.Marshal(map[string]string{"orderId": orderID})
	if err != nil {
		return fmt.Errorf("encoding the id of order %s: %w", orderID, err)
	}
	out, err := h.functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(h.shipFunction), InvocationType: types.InvocationTypeRequestResponse, Payload: payload,
	})
	if err != nil {
		return fmt.Errorf("invoking %s for order %s: %w", h.shipFunction, orderID, err)
	}
	if out.FunctionError != nil {
		return fmt.Errorf("%s failed for order %s: %s", h.shipFunction, orderID, out.Payload)
	}
	slog.InfoContext(ctx, "order was shipped or rejected")
	return nil
}
