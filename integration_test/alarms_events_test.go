package integration_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// message returns the body of a message that a function handles.
func (c *causes) message(t *testing.T, zip string) string {
	t.Helper()
	switch zip {
	case "store-order", "write-invoice":
		return newOrder(newAccount(), "v0", time.Now()).withID("o1").message()
	case "check-balance", "check-stock":
		return render(map[string]any{
			"orderId": c.order, "customerId": c.customer, "items": []any{map[string]any{"productId": c.product, "qty": 1}}, "totalAmount": 1,
		})
	case "update-order":
		return render(map[string]any{"orderId": c.order, "check": "account", "passed": true, "log": "sufficient"})
	case "relay-order":
		return render(map[string]any{"orderIds": []string{c.order}})
	}
	require.Fail(t, "no message is known for "+zip)
	return ""
}

// event returns an event that a function handles.
func (c *causes) event(t *testing.T, zip string) string {
	t.Helper()
	order := newOrder(newAccount(), "v0", time.Now())
	request := func(method, body string) string {
		return render(map[string]any{
			"httpMethod": method, "body": body, "resource": "/order", "queryStringParameters": map[string]string{"accountid": order.AccountID, "vendorid": "v0"},
			"pathParameters": map[string]string{"orderId": c.order}, "requestContext": map[string]any{"requestId": "r1", "requestTimeEpoch": time.Now().UnixMilli()},
		})
	}
	switch zip {
	case "publish-order", "append-order":
		return request("POST", order.body())
	case "capture-order":
		return request("POST", checkerOrder(c.customer, c.product, 1, "1"))
	case "update-account":
		return request("POST", render(map[string]any{"customerId": c.customer, "balance": 1000}))
	case "update-stock":
		return request("POST", render(map[string]any{"productId": c.product, "balance": 1000}))
	case "get-order", "get-invoice", "get-order-status":
		return request("GET", "")
	case "project-order", "invoice-order":
		return render(map[string]any{"Records": []any{map[string]any{
			"eventSource": "aws:kinesis", "eventID": "shardId-000000000000:1", "kinesis": map[string]any{
				"data": order.withID("o1").event(t), "sequenceNumber": "1", "partitionKey": order.AccountID, "approximateArrivalTimestamp": time.Now().Unix(),
			},
		}}})
	case "store-order-task", "write-invoice-task", "take-back-order-task":
		input := maps.Clone(c.execution)
		input["execution"] = "e1"
		return render(input)
	case "ship-order":
		return render(map[string]any{"orderId": c.order})
	}
	return render(map[string]any{"Records": []any{map[string]any{
		"messageId": "m1", "receiptHandle": "r1", "body": c.message(t, zip), "eventSource": "aws:sqs", "attributes": map[string]string{
			"ApproximateReceiveCount": "1", "SentTimestamp": fmt.Sprint(time.Now().Add(-20 * time.Minute).UnixMilli()),
		},
	}}})
}

// coffeeURL returns the URL of a coffee pattern's API.
func coffeeURL(pattern string) string {
	return map[string]string{
		"fanout": deployment.outputs.FanOut.URL, "orchestrator": deployment.outputs.Orchestrator.URL, "eventstream": deployment.outputs.EventStream.URL,
	}[pattern]
}

func render(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers always marshal
	}
	return string(text)
}
