package integration_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

func checkerPermissions(t *testing.T) *permissions {
	c := checkerStack(t)
	return &permissions{
		patience:  500 * time.Millisecond,
		functions: c.Functions,
		elsewhere: []string{"capture-order dynamodb:UpdateItem", "ship-order sqs:SendMessage"},
		serves: func(p *probe, _ time.Time, sampled []string) error {
			customer, product := newAccount(), newAccount()
			for path, body := range map[string]string{
				"/account": fmt.Sprintf(`{"customerId":%q,"balance":100}`, customer), "/stock": fmt.Sprintf(`{"productId":%q,"balance":100}`, product),
			} {
				if r, err := try(http.MethodPost, c.URL+path, body, sampled...); err != nil || r.status != http.StatusAccepted {
					return fmt.Errorf("POST %s: %v %d %s", path, err, r.status, r.body)
				}
			}
			body := orderOf(customer, product, 1, "1")
			if r, err := try(http.MethodPost, c.URL+"/orders", `{"orders":[`+body+`]}`, sampled...); err != nil || r.status != http.StatusOK {
				return fmt.Errorf("POST /orders: %v %d %s", err, r.status, r.body)
			}
			r, err := try(http.MethodPost, c.URL+"/order", body, sampled...)
			if err != nil || r.status != http.StatusOK {
				return fmt.Errorf("POST /order: %v %d %s", err, r.status, r.body)
			}
			var captured struct{ OrderID string }
			decode(p.t, r.body, &captured)
			if err := p.until("the order is shipped", func() (bool, error) {
				r, err := try(http.MethodGet, c.URL+"/order/"+captured.OrderID+"/status", "", sampled...)
				return strings.Contains(r.body, `"Shipped"`), err
			}); err != nil {
				return err
			}
			return p.until("messages are deleted from their queues", func() (bool, error) {
				for _, queue := range c.queues() {
					if waiting, held := depth(p.t, queue); waiting+held > 0 {
						return false, nil
					}
				}
				return true, nil
			})
		},
		changed: func(t *testing.T, name string) {
			// A log stream is created only once in a process; a long poll began with the old permissions.
			embedded(t).Lambda.Kill(c.Functions[name].Name)
			if strings.HasPrefix(name, "check-") || name == "update-order" {
				deployment.clock.Advance(21 * time.Second)
			}
		},
		clean: func(t *testing.T) {
			for _, queue := range append(c.queues(), c.failures()...) {
				if waiting, held := depth(t, queue); waiting+held == 0 {
					continue
				}
				_, err := awssqs.NewFromConfig(awsConfig(t)).PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: &queue})
				require.NoError(t, err)
				deployment.clock.Advance(time.Minute) // SQS purges a queue once in 60 seconds
			}
		},
	}
}

func TestCheckerNeedsEveryPermission(t *testing.T) { checkerPermissions(t).noneCanBeTakenAway(t) }

// without runs something while a function's role lacks an action.
func (c *checkerOutputs) without(t *testing.T, function, action string, do func()) {
	t.Helper()
	g := checkerPermissions(t)
	policy := readRolePolicy(t, c.Functions[function].RoleName)
	for i, s := range policy.document.Statement {
		if slices.Contains(s["Action"].([]any), any(action)) {
			g.put(t, function, policy, policy.document.without(i, action))
			do()
			g.put(t, function, policy, policy.document)
			return
		}
	}
	t.Fatalf("%s has no %s", function, action)
}

// TestAnOrderThatNobodyCanRepeatIsRejected has an order stored and not published, whose client did not name it. The
// function needs UpdateItem for that.
func TestAnOrderThatNobodyCanRepeatIsRejected(t *testing.T) {
	c := checkerStack(t)
	customer, product := c.given(t, "100", 100)
	t.Cleanup(embedded(t).Account.Faults.Add(fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, Do: always(refused)}))
	place := func(want string) {
		r := c.post(t, "/order", orderOf(customer, product, 1, "1"))
		require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
		require.NotContains(t, r.body, "arn:", "the cause is for the log, not for the client")
		var statuses []string
		for _, rec := range c.records(t, []checker.Order{{CustomerID: customer}}) {
			statuses = append(statuses, string(rec.Status))
		}
		require.Contains(t, statuses, want)
	}
	place("Rejected")
	c.without(t, "capture-order", "dynamodb:UpdateItem", func() { place("Pending") })
}

// TestShippingThatFailsForGoodIsTold asks for the shipping of orders that do not exist. Lambda tries three times, within
// three minutes, and then tells the failure queue, with the permissions of the function.
func TestShippingThatFailsForGoodIsTold(t *testing.T) {
	embedded(t)
	c := checkerStack(t)
	told := func(id string) bool {
		for _, text := range take(t, c.ShipFailuresURL) {
			if strings.Contains(text, id) {
				require.Contains(t, text, "RetriesExhausted")
				return true
			}
		}
		return false
	}
	fail := func() string {
		id := uuid.NewString()
		ship := c.Functions["ship-order"].Name
		before := embedded(t).Lambda.Stats(ship).Invocations
		_, err := awslambda.NewFromConfig(awsConfig(t)).Invoke(t.Context(), &awslambda.InvokeInput{
			FunctionName: &ship, InvocationType: lambdatypes.InvocationTypeEvent, Payload: fmt.Appendf(nil, `{"orderId":%q}`, id),
		})
		require.NoError(t, err)
		for attempt := range int64(3) {
			eventually(t, "it is tried", func() bool { return embedded(t).Lambda.Stats(ship).Invocations > before+attempt })
			time.Sleep(50 * time.Millisecond)
			deployment.clock.Advance(121 * time.Second)
		}
		return id
	}
	id := fail()
	eventually(t, "the failure is told", func() bool { return told(id) })
	c.without(t, "ship-order", "sqs:SendMessage", func() {
		id := fail()
		time.Sleep(200 * time.Millisecond)
		require.False(t, told(id))
	})
}

// take takes all messages from a queue.
func take(t *testing.T, queueURL string) (bodies []string) {
	t.Helper()
	queues := awssqs.NewFromConfig(awsConfig(t))
	for {
		got, err := queues.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		if len(got.Messages) == 0 {
			return bodies
		}
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
			_, err := queues.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle})
			require.NoError(t, err)
		}
	}
}
