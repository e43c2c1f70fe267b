package integration_test

import (
	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

func (c *checkerOutputs) weaknesses() weaknesses {
	throttledTable := fail(localdb.Throttled())
	w := weaknesses{
		functions: c.Functions, queues: append(c.queues(), c.OutboxQueueURL), failures: c.failureQueues(),
		calls: []weakness{
			{action: "sqs:SendMessage", function: "capture-order", throttle: sqs.Throttled, often: 0.02, outage: short},
			{action: "dynamodb:PutItem", function: "capture-order", throttle: throttledTable, often: 0.02, outage: short},
			{action: "sns:Publish", function: "capture-order", throttle: sns.Throttled, often: 0.02, outage: short},
			{action: "sqs:SendMessage", principal: "sns.amazonaws.com", throttle: sqs.Throttled, often: 0.02, outage: long},
			{action: "dynamodb:GetItem", function: "relay-order", throttle: throttledTable, often: 0.02, outage: long},
			{action: "sns:Publish", function: "relay-order", throttle: sns.Throttled, often: 0.02, outage: long},
			{action: "dynamodb:UpdateItem", function: "relay-order", throttle: throttledTable, often: 0.02, outage: long},
			{action: "dynamodb:GetItem", function: "check-balance", throttle: throttledTable, often: 0.02, outage: long},
			{action: "dynamodb:BatchGetItem", function: "check-stock", throttle: throttledTable, often: 0.02, outage: long},
			{action: "dynamodb:UpdateItem", function: "update-order", throttle: throttledTable, often: 0.02, outage: long},
			{action: "lambda:InvokeFunction", function: "update-order", throttle: fail(lambda.Throttled()), often: 0.02, outage: long},
			{action: "dynamodb:GetItem", function: "ship-order", throttle: throttledTable, often: 0.02, outage: long},
			{action: "dynamodb:UpdateItem", function: "ship-order", throttle: throttledTable, often: 0.02, outage: long},
		},
	}
	for _, check := range []string{"check-balance", "check-stock"} { // findings, and dead letters
		w.calls = append(w.calls, weakness{action: "sqs:SendMessage", function: check, throttle: sqs.Throttled, often: 0.02, outage: long})
	}
	for _, consumer := range []string{"check-balance", "check-stock", "update-order", "relay-order"} {
		w.calls = append(w.calls, weakness{
			action: "sqs:ChangeMessageVisibility", function: consumer, throttle: sqs.Throttled, often: 0.3, outage: long,
		}, weakness{
			action: "lambda:InvokeFunction", resource: "*:" + c.Functions[consumer].Name, throttle: fail(lambda.Throttled()), often: 0.05, outage: long,
		})
	}
	return w
}
