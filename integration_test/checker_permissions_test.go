package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

func checkerPermissions(t *testing.T) *permissions {
	c := checkerPattern(t)
	return &permissions{
		pattern:   "checker",
		functions: c.Functions,
		inTrouble: []inTrouble{
			{"an order without idempotency key is rejected if not published", []string{"capture-order dynamodb:UpdateItem"}, orderWithoutIdempotencyKeyIsRejectedIfNotPublished},
			{"relay-order publishes what capture-order did not", []string{"relay-order sns:Publish"}, relayOrderNeedsToPublish},
			{"relay-order notes what it published", []string{"relay-order dynamodb:UpdateItem"}, relayOrderNeedsToNoteWhatItPublished},
			{"failed shipping is sent to the failure queue", []string{"ship-order sqs:SendMessage"}, failedShippingIsSentToTheFailureQueue},
			{"a failed message is delayed by its function", []string{
				"check-balance sqs:ChangeMessageVisibility", "check-stock sqs:ChangeMessageVisibility", "update-order sqs:ChangeMessageVisibility", "relay-order sqs:ChangeMessageVisibility",
			}, messageOfTheCheckerIsDelayedByItsFunction},
		},
		works: func(p *probe, _ time.Time, sampled []string) error {
			sampled = append(sampled, c.header()...)
			customer, product := newAccount(), newAccount()
			for path, body := range map[string]string{
				"/account": fmt.Sprintf(`{"customerId":%q,"balance":100}`, customer), "/stock": fmt.Sprintf(`{"productId":%q,"balance":100}`, product),
			} {
				for _, body := range []string{body, strings.Replace(body, "balance", "add", 1)} {
					r, err := send(http.MethodPost, c.URL+path, body, append(sampled, "Idempotency-Key", uuid.NewString())...)
					if err != nil || r.status != http.StatusAccepted {
						return fmt.Errorf("POST %s: %v %d %s", path, err, r.status, r.body)
					}
				}
			}
			body := checkerOrder(customer, product, 1, "1")
			if r, err := send(http.MethodPost, c.URL+"/orders", `{"orders":[`+body+`]}`, sampled...); err != nil || r.status != http.StatusOK {
				return fmt.Errorf("POST /orders: %v %d %s", err, r.status, r.body)
			}
			r, err := send(http.MethodPost, c.URL+"/order", body, sampled...)
			if err != nil || r.status != http.StatusOK {
				return fmt.Errorf("POST /order: %v %d %s", err, r.status, r.body)
			}
			var captured struct{ OrderID string }
			decode(p.t, r.body, &captured)
			if err := p.until("the order is shipped", func() (bool, error) {
				r, err := send(http.MethodGet, c.URL+"/order/"+captured.OrderID+"/status", "", sampled...)
				return strings.Contains(r.body, `"Shipped"`), err
			}); err != nil {
				return err
			}
			if err := p.deadLetters(map[string]string{
				c.BalanceQueueURL: c.BalanceDeadLettersURL, c.StockQueueURL: c.StockDeadLettersURL, c.UpdateQueueURL: c.UpdateDeadLettersURL,
				c.OutboxQueueURL: c.OutboxDeadLettersURL,
			}); err != nil {
				return err
			}
			c.announce(p.t, captured.OrderID, sampled[1])
			if err := p.until("the message is deleted from the outbox", func() (bool, error) { return c.undelayed(p.t) == 0, nil }); err != nil {
				return err
			}
			return p.emptyQueues(c.queues())
		},
		changed: func(t *testing.T, name, action string) {
			restartFunction(t, c.Functions[name], action, 21*time.Second) // longer than a long poll
		},
		clean: func(t *testing.T) {
			// Also the outbox, with what is delayed in it: an order whose findings were purged would be watched for ever.
			purge(t, append(c.queues(), c.OutboxQueueURL)...)
			for _, url := range c.failureQueues() {
				receiveAll(t, url)
			}
		},
	}
}

func TestCheckerNeedsAllPermissions(t *testing.T) {
	runAfterOthers(t)
	checkerPermissions(t).requireAllNeeded(t)
}

// orderWithoutIdempotencyKeyIsRejectedIfNotPublished stores an order that cannot be published. Without an idempotency
// key the client cannot repeat it, so the function rejects the order, for which it needs UpdateItem.
func orderWithoutIdempotencyKeyIsRejectedIfNotPublished(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "100", 100)
	inject(t, fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, Do: fail(accessDenied)})
	place := func(want string) {
		r := c.post(t, "/order", checkerOrder(customer, product, 1, "1"))
		require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
		require.NotContains(t, r.body, "arn:", "the cause is logged and not sent to the client")
		var statuses []string
		for _, status := range c.scanOrders(t, []checker.Order{{CustomerID: customer}}, false) {
			statuses = append(statuses, string(status))
		}
		require.Contains(t, statuses, want)
	}
	place("Rejected")
	checkerPermissions(t).withoutPermission(t, "capture-order", "dynamodb:UpdateItem", func() { place("Pending") })
}

// failedShippingIsSentToTheFailureQueue invokes ship-order with orders that do not exist. Lambda retries twice within
// three minutes. Then it sends the event to the failure queue, with the permissions of the function.
func failedShippingIsSentToTheFailureQueue(t *testing.T) {
	c := checkerPattern(t)
	reported := func(id string) bool {
		for _, text := range receiveAll(t, c.ShipFailuresURL) {
			if strings.Contains(text, id) {
				require.Contains(t, text, "RetriesExhausted")
				return true
			}
		}
		return false
	}
	invoke := func() string {
		id := uuid.NewString()
		ship := c.Functions["ship-order"].Name
		before := embedded(t).Lambda.Stats(ship).Invocations
		_, err := lambdaClient(t).Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: &ship, InvocationType: lambdatypes.InvocationTypeEvent, Payload: fmt.Appendf(nil, `{"orderId":%q}`, id),
		})
		require.NoError(t, err)
		for attempt := range int64(3) {
			eventually(t, "the function is invoked", func() bool { return embedded(t).Lambda.Stats(ship).Invocations > before+attempt })
			time.Sleep(50 * time.Millisecond)
			deployment.clock.Advance(121 * time.Second)
		}
		return id
	}
	id := invoke()
	eventually(t, "the failure queue has the event", func() bool { return reported(id) })
	checkerPermissions(t).withoutPermission(t, "ship-order", "sqs:SendMessage", func() {
		refused := ofRole(c.Functions["ship-order"].RoleName, "sqs:SendMessage").observe(t)
		id := invoke()
		eventually(t, "IAM refuses to send the event", func() bool { return refused.Load() > 0 })
		require.False(t, reported(id))
	})
}
