package integration_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// requireDelayed makes the first call of an action by a function fail. The message that place sends must be handled some
// seconds later, or without the permission to delay it after the queue's visibility timeout.
func requireDelayed(t *testing.T, fn function, action string, place func() (handled func() bool)) {
	t.Helper()
	cloud := embedded(t)
	failOnce := func() (handled func() bool) {
		failed := make(chan struct{})
		inject(t, fault.Rule{
			Action: action, Principal: "*/" + fn.RoleName + "/*", Times: 1,
			Do: func(context.Context, fault.Event) error {
				close(failed)
				return accessDenied
			},
		})
		handled = place()
		select {
		case <-failed:
		case <-time.After(20 * time.Second):
			require.Fail(t, "the function did not call "+action)
		}
		eventually(t, "the invocation ends", func() bool { return cloud.Lambda.Stats(fn.Name).Busy == 0 })
		deployment.clock.Advance(5 * time.Second)
		return handled
	}
	eventually(t, "the message is handled", failOnce())

	allow := forbid(t, fn, "sqs:ChangeMessageVisibility")
	handled := failOnce()
	time.Sleep(500 * time.Millisecond)
	require.False(t, handled(), "the queue's visibility timeout applies")
	allow()
	deployment.clock.Advance(4 * time.Minute)
	eventually(t, "the message is handled", handled)
}

// Without ChangeMessageVisibility, messages only wait longer.
func messageIsDelayedByItsFunction(t *testing.T) {
	f := fanOut(t)
	for name, action := range map[string]string{"store-order": "dynamodb:PutItem", "write-invoice": "s3:PutObject"} {
		t.Run(name, func(t *testing.T) {
			requireDelayed(t, f.Functions[name], action, func() func() bool {
				account := newAccount()
				place(t, f.URL, newOrder(account, "v0", time.Now()))
				return func() bool {
					return getOrder(t, f.URL, account, "v0") != nil && len(invoices(t, f.BucketName, account)) == 1
				}
			})
		})
	}
}

func messageOfTheCheckerIsDelayedByItsFunction(t *testing.T) {
	c := checkerPattern(t)
	for name, action := range map[string]string{
		"check-balance": "dynamodb:GetItem", "check-stock": "dynamodb:BatchGetItem", "update-order": "dynamodb:UpdateItem",
	} {
		t.Run(name, func(t *testing.T) {
			requireDelayed(t, c.Functions[name], action, func() func() bool {
				customer, product := c.newCustomerAndProduct(t, "10", 10)
				id := c.placeOrder(t, checkerOrder(customer, product, 1, "1"))
				return func() bool { return c.status(t, id).Status == "Shipped" }
			})
		})
	}
	t.Run("relay-order", func(t *testing.T) {
		requireDelayed(t, c.Functions["relay-order"], "dynamodb:GetItem", func() func() bool {
			c.announce(t, uuid.NewString(), "Root=1-5759e988-bd862e3fe1be46a994272793")
			return func() bool { return c.undelayed(t) == 0 }
		})
	})
}

// withoutPolicy runs do while a queue has no policy.
func withoutPolicy(t *testing.T, queueURL string, do func()) {
	t.Helper()
	out, err := sqsClient(t).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNamePolicy},
	})
	require.NoError(t, err)
	set := func(policy string) {
		_, err := sqsClient(t).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &queueURL, Attributes: map[string]string{"Policy": policy}})
		require.NoError(t, err)
	}
	set("")
	do()
	set(out.Attributes["Policy"])
}

// SNS does not retry what the queue's policy does not allow. Without a dead-letter queue of the subscription the order
// would be lost.
func TestOrderThatSNSMayNotDeliverIsDeadLetteredAndCanBeRedriven(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	account := newAccount()
	withoutPolicy(t, f.StoreQueueURL, func() {
		place(t, f.URL, newOrder(account, "v0", time.Now()))
		waitForMessages(t, f.StoreDeadLettersURL, 1)
		withoutPolicy(t, f.StoreDeadLettersURL, func() {
			refused := refusal{principal: "sns.amazonaws.com", resource: queueARN(f.StoreDeadLettersURL), actions: []string{"sqs:SendMessage"}}.observe(t)
			place(t, f.URL, newOrder(newAccount(), "v0", time.Now()))
			eventually(t, "SNS needs the policy of the dead-letter queue", func() bool { return refused.Load() > 0 })
		})
	})
	require.Equal(t, 1, countMessages(t, f.StoreDeadLettersURL))
	require.Nil(t, getOrder(t, f.URL, account, "v0"))
	_, err := sqsClient(t).StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(queueARN(f.StoreDeadLettersURL)), DestinationArn: aws.String(queueARN(f.StoreQueueURL)),
	})
	require.NoError(t, err)
	waitForOrder(t, f.URL, account, "v0")
	waitUntilEmpty(t, f.StoreQueueURL, f.StoreDeadLettersURL)
}
