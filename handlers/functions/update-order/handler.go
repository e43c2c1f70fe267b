package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/order-patterns/order-patterns/handlers/checker/orderbook"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/order/checker"
)

// atOnce is how many findings of a batch are applied side by side: a whole batch of the default size.
const atOnce = 10

// invokeAPI is what the function needs of a Lambda client.
type invokeAPI interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

type handler struct {
	orders    *orderbook.Book
	functions invokeAPI
	ship      string
}

func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return sqsbatch.Process(ctx, batch, atOnce, h.apply), nil
}

func (h *handler) apply(ctx context.Context, m events.SQSMessage) error {
	f, err := checker.ParseFinding([]byte(m.Body))
	if err != nil {
		return err
	}
	rec, applied, err := h.orders.Apply(ctx, f)
	if err != nil {
		return fmt.Errorf("applying the finding of the %s check: %w", f.Check, err)
	}
	outcome := "finding applied"
	if !applied {
		outcome = "finding was applied already"
	}
	slog.InfoContext(ctx, outcome, "orderId", f.OrderID, "check", f.Check, "passed", f.Passed, "status", rec.Status, "messageId", m.MessageId)
	// Asked of the order and not of the finding: one that was applied by an invocation that ended right after comes
	// again, and it is then that the order is sent on its way. To be asked twice is nothing to ship-order.
	if rec.Status == checker.ReadyToShip {
		return h.shipOrder(ctx, f.OrderID)
	}
	return nil
}

// shipOrder hands the order over to ship-order, which Lambda calls, and calls again if it fails.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
func (h *handler) shipOrder(ctx context.Context, orderID string) error {
	payload, err := json.Marshal(map[string]string{"orderId": orderID})
	if err != nil {
		return fmt.Errorf("encoding the id of order %s: %w", orderID, err)
	}
	_, err = h.functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(h.ship), InvocationType: types.InvocationTypeEvent, Payload: payload,
	})
	if err != nil {
		return fmt.Errorf("having order %s shipped by %s: %w", orderID, h.ship, err)
	}
	slog.InfoContext(ctx, "order handed over to be shipped", "orderId", orderID)
	return nil
}
