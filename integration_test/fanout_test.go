package integration_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// message is an order as the topic carries it.
func (o coffeeOrder) message() string {
	body := o.body()
	return strings.TrimSuffix(strings.TrimPrefix(body, `{"order":`), "}")
}

func withID(o coffeeOrder, id string) coffeeOrder {
	o.OrderID, o.EventType = id, []string{"new_order"}
	return o
}

func TestAMalformedMessageFailsAloneAndCanBeRedriven(t *testing.T) {
	embedded(t) // Retries take a visibility timeout each: minutes that only an embedded cloud can skip.
	f := fanOut(t)
	queues := awssqs.NewFromConfig(awsConfig(t))
	account := newAccount()

	var batch []sqstypes.SendMessageBatchRequestEntry
	repaired := ""
	for i := range 10 {
		body := withID(latte(account, fmt.Sprintf("v%d", i), time.Now()), fmt.Sprintf("o%d", i)).message()
		if i == 4 {
			repaired = body
			body = strings.Replace(body, `"quantity":2`, `"quantity":"two"`, 1)
			require.NotEqual(t, repaired, body)
		}
		batch = append(batch, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: &body})
	}
	sent, err := queues.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &f.StoreQueueURL, Entries: batch})
	require.NoError(t, err)
	require.Len(t, sent.Successful, 10)

	stored := func() (n int) {
		for i := range 10 {
			if getOrder(t, f.URL, account, fmt.Sprintf("v%d", i)) != nil {
				n++
			}
		}
		return n
	}
	eventually(t, "nine are stored, at once and not after the bad one's retries", func() bool { return stored() == 9 })
	retried(t, f.StoreQueueURL)

	dead, _ := depth(t, f.StoreDeadLettersURL)
	require.Equal(t, 1, dead, "the malformed one is a dead letter of its consumer")
	for _, url := range []string{f.InvoiceQueueURL, f.InvoiceDeadLettersURL} {
		waiting, held := depth(t, url)
		require.Zero(t, waiting+held, "the other consumer is untouched")
	}

	// A person takes the dead letter, repairs it, and lets SQS move it back.
	got, err := queues.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl:                    &f.StoreDeadLettersURL,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
	})
	require.NoError(t, err)
	require.Len(t, got.Messages, 1)
	require.Contains(t, *got.Messages[0].Body, `"two"`)
	require.Equal(t, queueARN(f.StoreQueueURL), got.Messages[0].Attributes["DeadLetterQueueSourceArn"])
	_, err = queues.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{
		QueueUrl: &f.StoreDeadLettersURL, ReceiptHandle: got.Messages[0].ReceiptHandle,
	})
	require.NoError(t, err)
	_, err = queues.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &f.StoreDeadLettersURL, MessageBody: &repaired})
	require.NoError(t, err)
	_, err = queues.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(queueARN(f.StoreDeadLettersURL)), DestinationArn: aws.String(queueARN(f.StoreQueueURL)),
	})
	require.NoError(t, err)
	eventually(t, "the repaired one is stored", func() bool { return stored() == 10 })
	settled(t, f.StoreQueueURL, f.StoreDeadLettersURL)
}

// history publishes what happens to the orders of some accounts, and returns the accounts.
func history(t *testing.T, f *fanOutOutputs, prefix string) []string {
	t.Helper()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var accounts, messages []string
	for i := range 6 {
		account := fmt.Sprintf("%s-%d", prefix, i)
		accounts = append(accounts, account)
		for step := range 5 {
			o := withID(latte(account, "v0", start.Add(time.Duration(step)*time.Minute)), fmt.Sprintf("o%d", step))
			o.Details.Quantity = 1 + step
			// Of every second account the last event completes the order; of every third an earlier one did.
			if (i%2 == 0 && step == 4) || (i%3 == 0 && step == 2) {
				o.City, o.Details, o.EventType = "", nil, []string{"order_completed"}
			}
			messages = append(messages, o.message())
		}
	}
	topic := sns.NewFromConfig(awsConfig(t))
	for chunk := range slices.Chunk(messages, 10) {
		var entries []snstypes.PublishBatchRequestEntry
		for i, m := range chunk {
			entries = append(entries, snstypes.PublishBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), Message: aws.String(m)})
		}
		out, err := topic.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: &f.TopicARN, PublishBatchRequestEntries: entries})
		require.NoError(t, err)
		require.Empty(t, out.Failed)
	}
	return accounts
}

// result is the final state of an account: its active order, and its invoices.
type result struct {
	item     map[string]any
	invoices []string
}

func results(t *testing.T, f *fanOutOutputs, accounts []string) []result {
	t.Helper()
	var all []result
	for _, account := range accounts {
		item := getOrder(t, f.URL, account, "v0")
		delete(item, "accountid")
		keys := invoices(t, f.BucketName, account)
		for i, key := range keys {
			// The last part is the invoice's id, which the account's name goes into.
			keys[i] = key[:strings.LastIndex(key, "/")]
		}
		all = append(all, result{item, keys})
	}
	return all
}

func TestDisorderedDeliveryEndsLikeOneOrderedRun(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)

	// One message at a time and each once, as if the queues kept order.
	ordered := history(t, f, "ordered-"+runID)
	settled(t, f.StoreQueueURL, f.InvoiceQueueURL)
	want := results(t, f, ordered)
	require.Nil(t, want[0].item, "the first account's order is completed")
	require.NotNil(t, want[1].item)
	require.Len(t, want[1].invoices, 5)

	for name, disorder := range map[string]sqs.Delivery{
		"twice and reversed": {Twice: true, Reverse: true},
		"twice and shuffled": {Twice: true, Shuffle: 42},
	} {
		t.Run(name, func(t *testing.T) {
			for _, url := range []string{f.StoreQueueURL, f.InvoiceQueueURL} {
				held := disorder
				held.Hold = true
				cloud.SQS.SetDelivery(queueARN(url), held)
				t.Cleanup(func() { cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{}) })
			}
			store := f.Functions["store-order"].Name
			before := cloud.Lambda.Stats(store).Invocations
			accounts := history(t, f, strings.ReplaceAll(name, " ", "-")+"-"+runID)
			for _, url := range []string{f.StoreQueueURL, f.InvoiceQueueURL} {
				waiting, _ := depth(t, url)
				require.Equal(t, 30, waiting)
				cloud.SQS.SetDelivery(queueARN(url), disorder)
			}
			settled(t, f.StoreQueueURL, f.InvoiceQueueURL)
			require.Equal(t, want, results(t, f, accounts))
			require.GreaterOrEqual(t, cloud.Lambda.Stats(store).Invocations-before, int64(6), "60 deliveries came in batches of 10")
		})
	}
}

func TestAFunctionKilledInTheMiddleOfABatchLosesAndDoublesNothing(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)
	want := results(t, f, func() []string {
		accounts := history(t, f, "calm-"+runID)
		settled(t, f.StoreQueueURL, f.InvoiceQueueURL)
		return accounts
	}())

	// The third write of each function has taken effect when the function dies, before it learns so.
	for function, action := range map[string]string{"store-order": "dynamodb:PutItem", "write-invoice": "s3:PutObject"} {
		name, killed := f.Functions[function].Name, new(atomic.Int64)
		t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
			Action: action, When: fault.After, Skip: 2, Times: 2,
			Do: func(context.Context, fault.Event) error {
				killed.Add(int64(cloud.Lambda.Kill(name)))
				return nil
			},
		}))
		t.Cleanup(func() { require.Positive(t, killed.Load(), "%s was never killed", function) })
	}
	accounts := history(t, f, "killed-"+runID)
	retried(t, f.StoreQueueURL)
	retried(t, f.InvoiceQueueURL)
	require.Equal(t, want, results(t, f, accounts))
	for _, url := range []string{f.StoreDeadLettersURL, f.InvoiceDeadLettersURL} {
		waiting, _ := depth(t, url)
		require.Zero(t, waiting)
	}
}

func TestThrottlingDelaysAndLosesNothing(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)
	for action, throttled := range map[string]error{
		"dynamodb:PutItem": dynamodb.Throttled(), "s3:PutObject": s3.Throttled(), "lambda:InvokeFunction": lambda.Throttled(),
	} {
		resource := "*"
		if action == "lambda:InvokeFunction" {
			resource = "*store-order*" // the gateway does not retry, so the API's own functions are left alone
		}
		t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
			Action: action, Resource: resource, Times: 6, // fewer than five receives of one message can meet
			Do: func(context.Context, fault.Event) error { return throttled },
		}))
	}
	account := newAccount()
	for i := range 5 {
		place(t, f.URL, latte(account, fmt.Sprintf("v%d", i), time.Now()))
	}
	retried(t, f.StoreQueueURL)
	retried(t, f.InvoiceQueueURL)
	for i := range 5 {
		require.NotNil(t, getOrder(t, f.URL, account, fmt.Sprintf("v%d", i)))
	}
	require.Len(t, invoices(t, f.BucketName, account), 5)
}

func TestAnOrderThatCannotBePublishedIsNotAccepted(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)
	t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
		Action: "sns:Publish",
		Do:     func(context.Context, fault.Event) error { return dynamodb.Throttled() },
	}))
	r := call(t, "POST", f.URL+"/order", latte(newAccount(), "v0", time.Now()).body())
	require.Equal(t, 503, r.status, r.body)
	require.NotContains(t, r.body, "arn:", "the cause is for the log, not for the client")
}

func TestAQueueThatIsUnreachableForAWhileStillGetsTheMessage(t *testing.T) {
	cloud := embedded(t)
	f := fanOut(t)
	t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
		Action: "sqs:SendMessage", Resource: queueARN(f.StoreQueueURL), Times: 4, Do: sqs.Throttled,
	}))
	account := newAccount()
	place(t, f.URL, latte(account, "v0", time.Now()))
	eventually(t, "the order is stored", func() bool { return getOrder(t, f.URL, account, "v0") != nil })
}
