package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/order/checker"
)

// announce sends the message of the outbox once more, without a delay. trace is the trace that it belongs to.
func (c *checkerOutputs) announce(t *testing.T, orderID, trace string) {
	t.Helper()
	_, err := sqsClient(t).SendMessage(t.Context(), &awssqs.SendMessageInput{
		QueueUrl: &c.OutboxQueueURL, MessageBody: aws.String(fmt.Sprintf(`{"orderIds":[%q]}`, orderID)),
		MessageSystemAttributes: map[string]sqstypes.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &trace},
		},
	})
	require.NoError(t, err)
}

// undelayed returns how many messages of the outbox are visible or in flight.
func (c *checkerOutputs) undelayed(t *testing.T) int {
	t.Helper()
	visible, _, inFlight := depths(t, c.OutboxQueueURL)
	return visible + inFlight
}

// skipDelay makes all messages of the outbox visible: 30 seconds after capture-order's timeout.
func skipDelay() { deployment.clock.Advance(41 * time.Second) }

// looked waits until relay-order has looked at all orders of the outbox.
func (c *checkerOutputs) looked(t *testing.T) {
	t.Helper()
	cloud, relay := embedded(t), c.Functions["relay-order"]
	before := cloud.Lambda.Stats(relay.Name).Invocations
	skipDelay()
	eventually(t, "relay-order has looked", func() bool {
		visible, _ := depth(t, c.OutboxQueueURL)
		return visible == 0 && cloud.Lambda.Stats(relay.Name).Invocations > before && idle(cloud, map[string]function{"": relay})
	})
}

// relayed waits until the outbox is empty: until all of its orders are decided.
func (c *checkerOutputs) relayed(t *testing.T) {
	t.Helper()
	skipDelay()
	require.NoError(t, wait{step: 4 * time.Second}.until("the outbox is empty", func() (bool, error) { return c.undelayed(t) == 0, nil }))
}

// TestNoOrderIsLeftPendingWhereverCaptureOrderEnds kills capture-order before, during and after each of its writes. A write
// during which it ends takes effect afterwards. The function has no chance to do anything about it, and the client, which
// names no key, cannot repeat the request.
func TestNoOrderIsLeftPendingWhereverCaptureOrderEnds(t *testing.T) {
	cloud := embedded(t)
	c := checkerPattern(t)
	capture := c.Functions["capture-order"]
	for _, tt := range []struct {
		name, action string
		when         fault.When
		answer       error
		stored       int
	}{
		{"before it announces", "sqs:SendMessage", fault.Before, accessDenied, 0},
		{"while it announces", "sqs:SendMessage", fault.Before, nil, 0},
		{"after it announced", "sqs:SendMessage", fault.After, nil, 0},
		{"before it stores", "dynamodb:PutItem", fault.Before, accessDenied, 0},
		{"while it stores", "dynamodb:PutItem", fault.Before, nil, 1},
		{"after it stored", "dynamodb:PutItem", fault.After, nil, 1},
		{"before it publishes", "sns:Publish", fault.Before, accessDenied, 1},
		{"while it publishes", "sns:Publish", fault.Before, nil, 1},
		{"after it published", "sns:Publish", fault.After, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			customer, product := c.newCustomerAndProduct(t, "10", 10)
			remove := inject(t, fault.Rule{
				Action: tt.action, Principal: "*/" + capture.RoleName + "/*", When: tt.when,
				Do: func(context.Context, fault.Event) error {
					cloud.Lambda.Kill(capture.Name)
					return tt.answer
				},
			})
			r := c.post(t, "/order", checkerOrder(customer, product, 1, "1"))
			remove()
			require.GreaterOrEqual(t, r.status, 500, r.body)
			c.relayed(t)
			records := c.readOrders(t, []checker.Order{{CustomerID: customer}})
			require.Len(t, records, tt.stored)
			for _, rec := range records {
				require.NotEqual(t, "Pending", c.status(t, rec.OrderID).Status, "the outbox lets go of an order only when it is decided")
				require.Equal(t, "Shipped", c.waitForDecision(t, rec.OrderID).Status)
			}
			require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 10-tt.stored, "1"))).Status, "at most one was deducted")
		})
	}
}

// TestEveryAcceptedOrderIsDecidedThoughTheTopicRefusesForAWhile has SNS refuse everything, for relay-order too. The orders
// of a request with a key wait in the outbox.
func TestEveryAcceptedOrderIsDecidedThoughTheTopicRefusesForAWhile(t *testing.T) {
	cloud := embedded(t)
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	remove := inject(t, fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, Do: fail(accessDenied)})
	body := `{"orders":[` + checkerOrder(customer, product, 1, "1") + "," + checkerOrder(customer, product, 2, "2") + `]}`
	r := c.post(t, "/orders", body, "Idempotency-Key", uuid.NewString())
	require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
	before := cloud.Lambda.Stats(c.Functions["relay-order"].Name).Invocations
	skipDelay()
	eventually(t, "relay-order tries", func() bool {
		return cloud.Lambda.Stats(c.Functions["relay-order"].Name).Invocations > before
	})
	records := c.readOrders(t, []checker.Order{{CustomerID: customer}})
	require.Len(t, records, 2)
	for _, rec := range records {
		require.Equal(t, checker.Pending, rec.Status)
	}
	remove()
	for _, rec := range c.waitForAllDecisions(t, time.Minute, []checker.Order{{CustomerID: customer}}) {
		require.Equal(t, checker.Shipped, rec.Status)
	}
	require.Zero(t, countMessages(t, c.OutboxDeadLettersURL))
}

// TestCopiesOfTheOutboxsMessageShipAnOrderOnce delivers every message of the outbox twice, while no order is checked. The
// outbox keeps the order for as long as it is Pending.
func TestCopiesOfTheOutboxsMessageShipAnOrderOnce(t *testing.T) {
	cloud := embedded(t)
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	cloud.SQS.SetDelivery(queueARN(c.OutboxQueueURL), sqs.Delivery{Twice: true})
	t.Cleanup(func() { cloud.SQS.SetDelivery(queueARN(c.OutboxQueueURL), sqs.Delivery{}) })
	var resume []func()
	for _, action := range []string{"dynamodb:GetItem", "dynamodb:BatchGetItem"} { // which the checks begin with
		for _, check := range []string{"check-balance", "check-stock"} {
			resume = append(resume, inject(t, fault.Rule{
				Action: action, Principal: "*/" + c.Functions[check].RoleName + "/*", Do: fail(accessDenied),
			}))
		}
	}
	id := c.placeOrder(t, checkerOrder(customer, product, 4, "4"))
	for range 3 {
		c.looked(t)
		require.Equal(t, "Pending", c.status(t, id).Status)
		require.Positive(t, c.undelayed(t))
	}
	for _, stop := range resume {
		stop()
	}
	c.waitForAllDecisions(t, time.Minute, []checker.Order{{CustomerID: customer}})
	require.Equal(t, "Shipped", c.status(t, id).Status)
	require.Zero(t, c.undelayed(t))
	require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 6, "6"))).Status, "4 were deducted once")
}

// Without dynamodb:UpdateItem relay-order cannot note that it published an order, and publishes it again.
func relayOrderNeedsToNoteWhatItPublished(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	note := func() (published time.Time) {
		var resume []func()
		for action, check := range map[string]string{"dynamodb:GetItem": "check-balance", "dynamodb:BatchGetItem": "check-stock"} {
			resume = append(resume, inject(t, fault.Rule{
				Action: action, Principal: "*/" + c.Functions[check].RoleName + "/*", Do: fail(accessDenied),
			}))
		}
		id := c.placeOrder(t, checkerOrder(customer, product, 1, "1"))
		c.looked(t)
		records := c.readOrders(t, []checker.Order{{CustomerID: customer}})
		for _, rec := range records {
			if rec.OrderID == id {
				published = rec.PublishedAt
			}
		}
		for _, stop := range resume {
			stop()
		}
		return published
	}
	require.NotZero(t, note())
	checkerPermissions(t).withoutPermission(t, "relay-order", "dynamodb:UpdateItem", func() {
		refused := ofRole(c.Functions["relay-order"].RoleName, "dynamodb:UpdateItem").observe(t)
		require.Zero(t, note())
		require.Positive(t, refused.Load())
	})
	for _, rec := range c.waitForAllDecisions(t, time.Minute, []checker.Order{{CustomerID: customer}}) {
		require.Equal(t, checker.Shipped, rec.Status)
	}
}

// Without sns:Publish relay-order leaves the order in the outbox.
func relayOrderNeedsToPublish(t *testing.T) {
	cloud := embedded(t)
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	checkerPermissions(t).withoutPermission(t, "relay-order", "sns:Publish", func() {
		remove := inject(t, fault.Rule{
			Action: "sns:Publish", Principal: "*/" + c.Functions["capture-order"].RoleName + "/*",
			Do: kill(t, c.Functions["capture-order"].Name),
		})
		c.post(t, "/order", checkerOrder(customer, product, 1, "1"))
		remove()
		before := cloud.Lambda.Stats(c.Functions["relay-order"].Name).Invocations
		skipDelay()
		eventually(t, "relay-order tries", func() bool {
			return cloud.Lambda.Stats(c.Functions["relay-order"].Name).Invocations > before
		})
	})
	records := c.waitForAllDecisions(t, time.Minute, []checker.Order{{CustomerID: customer}})
	require.Len(t, records, 1)
	require.Equal(t, checker.Shipped, records[0].Status)
}
