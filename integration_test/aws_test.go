package integration_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
)

// awsConfig is the surrounding AWS configuration, like any tool's: the tests do not know where it leads.
func awsConfig(t *testing.T) aws.Config {
	t.Helper()
	cfg, err := loadConfig()
	require.NoError(t, err)
	return cfg
}

// loadConfig reads the environment and files once: tests that wait ask for the configuration many times a second.
var loadConfig = sync.OnceValues(func() (aws.Config, error) { return config.LoadDefaultConfig(context.Background()) })

// depth counts a queue's messages: those that wait, and those that a consumer holds.
func depth(t *testing.T, queueURL string) (waiting, held int) {
	t.Helper()
	// Not the test's context: cleanups ask too.
	out, err := sqs.NewFromConfig(awsConfig(t)).GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL,
		AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
			types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		},
	})
	require.NoError(t, err)
	number := func(name types.QueueAttributeName) int {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		require.NoError(t, err, "%s of %s", name, queueURL)
		return n
	}
	return number(types.QueueAttributeNameApproximateNumberOfMessages) + number(types.QueueAttributeNameApproximateNumberOfMessagesDelayed),
		number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
}

// settled waits until nothing waits in these queues and nobody works on a message of theirs.
func settled(t *testing.T, queueURLs ...string) {
	t.Helper()
	eventually(t, "the queues are empty", func() bool {
		for _, url := range queueURLs {
			if waiting, held := depth(t, url); waiting+held > 0 {
				return false
			}
		}
		return true
	})
}

// retried jumps from one visibility timeout to the next until a queue is empty, because its messages were handled or
// went to the dead-letter queue. It jumps only while every message is hidden and no function is at work.
func retried(t *testing.T, queueURL string) {
	t.Helper()
	cloud := embedded(t)
	eventually(t, "the messages are handled, or given up", func() bool {
		waiting, held := depth(t, queueURL)
		if waiting+held == 0 {
			return true
		}
		if waiting == 0 && idle(cloud) {
			deployment.clock.Advance(181 * time.Second)
		}
		return false
	})
}

// idle tells whether no function is at work.
func idle(cloud *local.Cloud) bool {
	for _, f := range deployment.outputs.FanOut.Functions {
		if cloud.Lambda.Stats(f.Name).Busy > 0 {
			return false
		}
	}
	return true
}

func queueARN(url string) string {
	return "arn:aws:sqs:us-east-1:123456789012:" + url[strings.LastIndex(url, "/")+1:]
}

// invoices lists the keys of an account's invoices.
func invoices(t *testing.T, bucket, account string) []string {
	t.Helper()
	out, err := s3.NewFromConfig(awsConfig(t)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: aws.String("invoices/" + account + "/"),
	})
	require.NoError(t, err)
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, strings.TrimPrefix(*o.Key, "invoices/"+account+"/"))
	}
	return keys
}
