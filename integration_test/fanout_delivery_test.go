package integration_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// publishHistory publishes the events of several accounts, and returns the accounts.
func publishHistory(t *testing.T, f *fanOutOutputs, prefix string) []string {
	t.Helper()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var accounts, messages []string
	for i := range 6 {
		account := fmt.Sprintf("%s-%d", prefix, i)
		accounts = append(accounts, account)
		for step := range 5 {
			o := newOrder(account, "v0", start.Add(time.Duration(step)*time.Minute)).withID(fmt.Sprintf("o%d", step))
			o.Details.Quantity = 1 + step
			// The last event of every second account completes its order. So does an earlier event of every third.
			if (i%2 == 0 && step == 4) || (i%3 == 0 && step == 2) {
				o = o.completed()
			}
			messages = append(messages, o.message())
		}
	}
	topics := snsClient(t)
	for _, m := range messages {
		_, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &f.TopicARN, Message: &m})
		require.NoError(t, err)
	}
	return accounts
}

// accountState is the final state of an account: its active order and its invoices.
type accountState struct {
	item     map[string]any
	invoices []string
}

func accountStates(t *testing.T, f *fanOutOutputs, accounts []string) []accountState {
	t.Helper()
	var all []accountState
	for _, account := range accounts {
		item := getOrder(t, f.URL, account, "v0")
		delete(item, "accountid")
		keys := invoices(t, f.BucketName, account)
		for i, key := range keys {
			// The last part is the invoice's id, which depends on the account.
			keys[i] = key[:strings.LastIndex(key, "/")]
		}
		all = append(all, accountState{item, keys})
	}
	return all
}

func TestResultDoesNotDependOnDeliveryOrder(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)

	ordered := publishHistory(t, f, "ordered-"+runID)
	waitUntilEmpty(t, f.queues()...)
	want := accountStates(t, f, ordered)
	require.Nil(t, want[0].item, "the first account's order is completed")
	require.NotNil(t, want[1].item)
	require.Len(t, want[1].invoices, 5)

	for name, delivery := range map[string]sqs.Delivery{
		"twice and reversed": {Twice: true, Reverse: true},
		"twice and shuffled": {Twice: true, Shuffle: 42},
	} {
		t.Run(name, func(t *testing.T) {
			for _, url := range f.queues() {
				held := delivery
				held.Hold = true
				cloud.SQS.SetDelivery(queueARN(url), held)
				t.Cleanup(func() { cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{}) })
			}
			store := f.Functions["store-order"].Name
			before := cloud.Lambda.Stats(store).Invocations
			accounts := publishHistory(t, f, strings.ReplaceAll(name, " ", "-")+"-"+runID)
			for _, url := range f.queues() {
				visible, _ := depth(t, url)
				require.Equal(t, 30, visible)
				cloud.SQS.SetDelivery(queueARN(url), delivery)
			}
			waitUntilEmpty(t, f.queues()...)
			require.Equal(t, want, accountStates(t, f, accounts))
			require.GreaterOrEqual(t, cloud.Lambda.Stats(store).Invocations-before, int64(6), "60 deliveries came in batches of 10")
		})
	}
}

func TestFunctionKilledInTheMiddleOfABatchLosesAndDuplicatesNothing(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)
	undisturbed := publishHistory(t, f, "undisturbed-"+runID)
	waitUntilEmpty(t, f.queues()...)
	want := accountStates(t, f, undisturbed)

	// Each function is killed after its third write took effect and before it gets the response.
	for function, action := range map[string]string{"store-order": "dynamodb:PutItem", "write-invoice": "s3:PutObject"} {
		name, killed := f.Functions[function].Name, new(atomic.Int64)
		inject(t, fault.Rule{
			Action: action, When: fault.After, Skip: 2, Times: 2,
			Do: func(context.Context, fault.Event) error {
				killed.Add(int64(cloud.Lambda.Kill(name)))
				return nil
			},
		})
		t.Cleanup(func() { require.Positive(t, killed.Load(), "%s was not killed", function) })
	}
	accounts := publishHistory(t, f, "killed-"+runID)
	skipRetryDelays(t, f.Functions, f.StoreQueueURL)
	skipRetryDelays(t, f.Functions, f.InvoiceQueueURL)
	require.Equal(t, want, accountStates(t, f, accounts))
	for _, url := range f.deadLetterQueues() {
		visible, _ := depth(t, url)
		require.Zero(t, visible)
	}
}
