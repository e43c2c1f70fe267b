package integration_test

import (
	"context"
	"testing"
	"time"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// disorderDelivery makes the checker's queues deliver each message twice and in any order.
func disorderDelivery(t *testing.T, c *checkerOutputs, seed uint64) {
	t.Helper()
	cloud := embedded(t)
	for i, url := range append(c.queues(), c.OutboxQueueURL) {
		cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{Twice: true, Shuffle: seed + uint64(i)})
		t.Cleanup(func() { cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{}) })
	}
}

// injectRandomFaults makes calls of the checker's functions fail at random, before they take effect and after, kills the
// function that makes the call, and delays the checkers' reads.
func injectRandomFaults(t *testing.T, c *checkerOutputs, r *randomness) {
	t.Helper()
	rule := func(action, function string, when fault.When, probability float64, do func(context.Context, fault.Event) error) {
		inject(t, fault.Rule{
			Action: action, Principal: "*/" + c.Functions[function].RoleName + "/*", When: when, Do: r.sometimes(probability, do),
		})
	}
	for _, call := range []struct {
		action, function string
		throttle         func(context.Context, fault.Event) error
	}{
		{"sqs:SendMessage", "capture-order", sqs.Throttled},
		{"dynamodb:PutItem", "capture-order", fail(localdb.Throttled())},
		{"sns:Publish", "capture-order", sns.Throttled},
		{"dynamodb:GetItem", "relay-order", fail(localdb.Throttled())},
		{"sns:Publish", "relay-order", sns.Throttled},
		{"sqs:SendMessage", "check-balance", sqs.Throttled},
		{"sqs:SendMessage", "check-stock", sqs.Throttled},
		{"dynamodb:UpdateItem", "update-order", fail(localdb.Throttled())},
		{"lambda:InvokeFunction", "update-order", fail(lambda.Throttled())},
		{"dynamodb:GetItem", "ship-order", fail(localdb.Throttled())},
		{"dynamodb:UpdateItem", "ship-order", fail(localdb.Throttled())},
	} {
		for _, when := range []fault.When{fault.Before, fault.After} {
			rule(call.action, call.function, when, 0.002, call.throttle)
			rule(call.action, call.function, when, 0.0005, kill(t, c.Functions[call.function].Name))
		}
	}
	delay := func(ctx context.Context, _ fault.Event) error {
		select {
		case <-time.After(time.Duration(1+r.below(20)) * time.Millisecond):
		case <-ctx.Done():
		}
		return nil
	}
	rule("dynamodb:GetItem", "check-balance", fault.Before, 0.2, delay)
	rule("dynamodb:BatchGetItem", "check-stock", fault.Before, 0.2, delay)
}
