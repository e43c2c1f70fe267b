package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sqs"
)

func TestMalformedMessageIsDeadLetteredAtOnceAndCanBeRedriven(t *testing.T) {
	underEachAnswer(t, malformedMessageIsDeadLetteredAndRedriven, guess.MoveWithoutSource)
}

func malformedMessageIsDeadLetteredAndRedriven(t *testing.T) {
	f := fanOut(t)
	queues := sqsClient(t)
	account := newAccount()

	var batch []sqstypes.SendMessageBatchRequestEntry
	repaired := ""
	for i := range 10 {
		body := newOrder(account, fmt.Sprintf("v%d", i), time.Now()).withID(fmt.Sprintf("o%d", i)).message()
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
	eventually(t, "the nine valid orders are stored", func() bool { return stored() == 9 })
	waitForMessages(t, f.StoreDeadLettersURL, 1)
	waitUntilEmpty(t, f.StoreQueueURL)
	require.Zero(t, countMessages(t, f.InvoiceQueueURL, f.InvoiceDeadLettersURL), "the other consumer is not affected")

	// An operator takes the message out of the dead-letter queue, repairs it, puts it back, and starts a redrive.
	got, err := queues.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl:                    &f.StoreDeadLettersURL,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	require.NoError(t, err)
	require.Len(t, got.Messages, 1)
	require.Contains(t, *got.Messages[0].Body, `"two"`)
	require.Contains(t, *got.Messages[0].MessageAttributes["Error"].StringValue, "details.quantity: must be")
	require.NotContains(t, got.Messages[0].Attributes, "DeadLetterQueueSourceArn", "so that a redrive needs a destination")
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
	eventually(t, "the repaired order is stored", func() bool { return stored() == 10 })
	waitUntilEmpty(t, f.StoreQueueURL, f.StoreDeadLettersURL)
}

func TestThrottledOrdersAreProcessedLater(t *testing.T) {
	f := fanOut(t)
	for action, throttled := range map[string]error{
		"dynamodb:PutItem": dynamodb.Throttled(), "s3:PutObject": s3.Throttled(), "lambda:InvokeFunction": lambda.Throttled(),
	} {
		resource := "*"
		if action == "lambda:InvokeFunction" {
			resource = "*store-order*" // API Gateway does not retry, so the API's functions are not throttled
		}
		inject(t, fault.Rule{
			Action: action, Resource: resource, Times: 6,
			Do: fail(throttled),
		})
	}
	account := newAccount()
	for i := range 5 {
		place(t, f.URL, newOrder(account, fmt.Sprintf("v%d", i), time.Now()))
	}
	skipRetryDelays(t, f.Functions, f.StoreQueueURL)
	skipRetryDelays(t, f.Functions, f.InvoiceQueueURL)
	for i := range 5 {
		require.NotNil(t, getOrder(t, f.URL, account, fmt.Sprintf("v%d", i)))
	}
	require.Len(t, invoices(t, f.BucketName, account), 5)
}

func TestOrderThatCannotBePublishedIsNotAccepted(t *testing.T) {
	f := fanOut(t)
	inject(t, fault.Rule{Action: "sns:Publish", Do: fail(dynamodb.Throttled())})
	r := call(t, http.MethodPost, f.URL+"/order", newOrder(newAccount(), "v0", time.Now()).body())
	require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
	require.NotContains(t, r.body, "arn:", "the cause is logged and not sent to the client")
}

func TestQueueThatIsUnavailableGetsTheMessageLater(t *testing.T) {
	f := fanOut(t)
	inject(t, fault.Rule{Action: "sqs:SendMessage", Resource: queueARN(f.StoreQueueURL), Times: 4, Do: sqs.Throttled})
	account := newAccount()
	place(t, f.URL, newOrder(account, "v0", time.Now()))
	waitForOrder(t, f.URL, account, "v0")
}
