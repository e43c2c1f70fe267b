package integration_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sns"
)

func TestRequestWithTheSameIdempotencyKeyIsOneOrder(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	key, body := uuid.NewString(), checkerOrder(customer, product, 6, "6")
	id := c.placeOrder(t, body, "Idempotency-Key", key)
	require.Equal(t, id, c.placeOrder(t, body, "Idempotency-Key", key))
	require.Equal(t, "Shipped", c.waitForDecision(t, id).Status)
	// A later repetition returns the order as it is then.
	r := c.post(t, "/order", body, "Idempotency-Key", key)
	require.Contains(t, r.body, `"status":"Shipped"`)
	require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 4, "4"))).Status, "the order was deducted once")

	r = c.post(t, "/order", checkerOrder(customer, product, 1, "1"), "Idempotency-Key", key)
	require.Equal(t, http.StatusUnprocessableEntity, r.status, r.body)
	require.Contains(t, description(t, r, 422), "Idempotency-Key")
	r = c.post(t, "/order", body, "Idempotency-Key", "not one word")
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
}

func TestOrderStoredButNotPublishedIsPublishedOnRepetition(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	failPublish := func(t *testing.T, do func(context.Context, fault.Event) error) (remove func()) {
		return inject(t, fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, When: fault.Before, Do: do})
	}
	t.Run("SNS is throttled", func(t *testing.T) {
		key, body := uuid.NewString(), checkerOrder(customer, product, 1, "1")
		remove := failPublish(t, sns.Throttled)
		r := c.post(t, "/order", body, "Idempotency-Key", key)
		remove()
		require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
		require.Contains(t, description(t, r, 503), "Idempotency-Key")
		require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, body, "Idempotency-Key", key)).Status)
	})
	t.Run("the function is killed", func(t *testing.T) {
		key, body := uuid.NewString(), checkerOrder(customer, product, 1, "1")
		remove := failPublish(t, kill(t, c.Functions["capture-order"].Name))
		r := c.post(t, "/order", body, "Idempotency-Key", key)
		remove()
		require.Equal(t, http.StatusInternalServerError, r.status, r.body)
		require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, body, "Idempotency-Key", key)).Status)
	})
	t.Run("one of several orders cannot be published", func(t *testing.T) {
		inject(t, fault.Rule{Action: "sns:Publish", Resource: c.TopicARN, Times: 1, Do: fail(accessDenied)})
		key, o := uuid.NewString(), checkerOrder(customer, product, 1, "1")
		body := `{"orders":[` + o + "," + o + "," + o + `]}`
		var got struct {
			Orders []struct{ OrderID string }
			Failed []struct {
				Index       int
				Description string
			}
		}
		r := c.post(t, "/orders", body, "Idempotency-Key", key)
		require.Equal(t, http.StatusOK, r.status, r.body)
		decode(t, r.body, &got)
		require.Len(t, got.Orders, 2)
		require.Len(t, got.Failed, 1)
		require.Contains(t, got.Failed[0].Description, "Idempotency-Key")
		r = c.post(t, "/orders", body, "Idempotency-Key", key)
		require.Equal(t, http.StatusOK, r.status, r.body)
		got.Failed = nil
		decode(t, r.body, &got)
		require.Len(t, got.Orders, 3)
		require.Empty(t, got.Failed)
		for _, o := range got.Orders {
			require.Equal(t, "Shipped", c.waitForDecision(t, o.OrderID).Status)
		}
	})
}
