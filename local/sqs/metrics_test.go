package sqs

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestMetricsOfQueues(t *testing.T) {
	c := newCloud(t)
	metrics := cloudtest.RecordMetrics(c.account)
	c.queue(t, "dead", nil)
	url := c.queueURL(t, "orders", settingsMap{"RedrivePolicy": `{"deadLetterTargetArn":"` + QueueARN("dead") + `","maxReceiveCount":4}`})
	send := func(delay int32) {
		_, err := c.client.SendMessage(t.Context(), &sdk.SendMessageInput{QueueUrl: url, MessageBody: aws.String("m"), DelaySeconds: delay})
		require.NoError(t, err)
	}
	receive := func() []string {
		out, err := c.client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 10})
		require.NoError(t, err)
		var handles []string
		for _, m := range out.Messages {
			handles = append(handles, *m.ReceiptHandle)
		}
		return handles
	}
	send(0)
	c.clock.Advance(20 * time.Second)
	send(900)
	require.Equal(t, map[string]float64{
		"AWS/SQS NumberOfMessagesSent Count QueueName=orders":               2,
		"AWS/SQS ApproximateNumberOfMessagesVisible Count QueueName=orders": 1,
		"AWS/SQS ApproximateNumberOfMessagesDelayed Count QueueName=orders": 1,
		"AWS/SQS ApproximateAgeOfOldestMessage Seconds QueueName=orders":    20,
		"AWS/SQS ApproximateNumberOfMessagesVisible Count QueueName=dead":   0,
	}, metrics.Take())

	// A message that was received three times does not count for the age.
	for range 3 {
		require.Len(t, receive(), 1)
		c.clock.Advance(10 * time.Second)
	}
	require.Len(t, receive(), 1)
	require.Equal(t, map[string]float64{
		"AWS/SQS NumberOfMessagesReceived Count QueueName=orders":              4,
		"AWS/SQS ApproximateNumberOfMessagesVisible Count QueueName=orders":    0,
		"AWS/SQS ApproximateNumberOfMessagesNotVisible Count QueueName=orders": 1,
		"AWS/SQS ApproximateNumberOfMessagesDelayed Count QueueName=orders":    1,
		"AWS/SQS ApproximateAgeOfOldestMessage Seconds QueueName=orders":       30, // of the delayed message
		"AWS/SQS ApproximateNumberOfMessagesVisible Count QueueName=dead":      0,
	}, metrics.Take())

	// In the dead-letter queue it is as old as its move.
	c.clock.Advance(10 * time.Second)
	require.Empty(t, receive())
	c.clock.Advance(5 * time.Second)
	sums := metrics.Take()
	require.Equal(t, 1.0, sums["AWS/SQS ApproximateNumberOfMessagesVisible Count QueueName=dead"])
	require.Equal(t, 5.0, sums["AWS/SQS ApproximateAgeOfOldestMessage Seconds QueueName=dead"])
	require.NotContains(t, sums, "AWS/SQS NumberOfMessagesSent Count QueueName=dead")

	c.clock.Advance(900 * time.Second)
	handles := receive()
	_, err := c.client.DeleteMessage(t.Context(), &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: &handles[0]})
	require.NoError(t, err)
	require.Equal(t, 1.0, metrics.Take()["AWS/SQS NumberOfMessagesDeleted Count QueueName=orders"])
}

// TestMetricsWhileQueuesAreMadeAndUsed ends only if no two of these wait for each other.
func TestMetricsWhileQueuesAreMadeAndUsed(t *testing.T) {
	c := newCloud(t)
	c.queue(t, "dead", nil)
	arn := c.queue(t, "orders", settingsMap{"RedrivePolicy": `{"deadLetterTargetArn":"` + QueueARN("dead") + `","maxReceiveCount":4}`})
	var all sync.WaitGroup
	for _, do := range []func(){
		func() { c.gauge(c.clock.Now(), func(string, map[string]string, ...account.Value) {}) },
		func() { c.SetDelivery(arn, Delivery{Reverse: true}) },
		func() { c.send(t, arn, "m") },
		func() { c.delete(t, arn, c.receive(t, arn)...) },
	} {
		all.Go(func() {
			for range 5000 {
				do()
			}
		})
	}
	all.Wait()
}
