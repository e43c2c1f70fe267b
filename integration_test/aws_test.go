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
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"
)

// loadConfig reads the AWS settings of the environment, as any tool does. It reads them once for each deployment: tests that
// wait create clients many times a second.
var loadConfig = sync.OnceValues(readConfig)

func readConfig() (aws.Config, error) { return config.LoadDefaultConfig(context.Background()) }

func awsConfig(t *testing.T) aws.Config {
	t.Helper()
	cfg, err := loadConfig()
	require.NoError(t, err)
	return cfg
}

func apiGatewayClient(t *testing.T) *apigateway.Client { return apigateway.NewFromConfig(awsConfig(t)) }
func dynamoDBClient(t *testing.T) *dynamodb.Client     { return dynamodb.NewFromConfig(awsConfig(t)) }
func iamClient(t *testing.T) *iam.Client               { return iam.NewFromConfig(awsConfig(t)) }
func kinesisClient(t *testing.T) *kinesis.Client       { return kinesis.NewFromConfig(awsConfig(t)) }
func lambdaClient(t *testing.T) *lambda.Client         { return lambda.NewFromConfig(awsConfig(t)) }
func logsClient(t *testing.T) *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(awsConfig(t))
}
func s3Client(t *testing.T) *s3.Client     { return s3.NewFromConfig(awsConfig(t)) }
func sfnClient(t *testing.T) *sfn.Client   { return sfn.NewFromConfig(awsConfig(t)) }
func snsClient(t *testing.T) *sns.Client   { return sns.NewFromConfig(awsConfig(t)) }
func sqsClient(t *testing.T) *sqs.Client   { return sqs.NewFromConfig(awsConfig(t)) }
func stsClient(t *testing.T) *sts.Client   { return sts.NewFromConfig(awsConfig(t)) }
func xrayClient(t *testing.T) *xray.Client { return xray.NewFromConfig(awsConfig(t)) }

// depth returns how many messages of a queue are visible or delayed, and how many are in flight.
func depth(t *testing.T, queueURL string) (visible, inFlight int) {
	t.Helper()
	visible, delayed, inFlight := depths(t, queueURL)
	return visible + delayed, inFlight
}

// depths returns how many messages of a queue are visible, delayed, and in flight.
func depths(t *testing.T, queueURL string) (visible, delayed, inFlight int) {
	t.Helper()
	// Not the test's context: cleanups call this too.
	out, err := sqsClient(t).GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL,
		AttributeNames: []sqstypes.QueueAttributeName{
			sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
			sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		},
	})
	require.NoError(t, err)
	number := func(name sqstypes.QueueAttributeName) int {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		require.NoError(t, err, "%s of %s", name, queueURL)
		return n
	}
	return number(sqstypes.QueueAttributeNameApproximateNumberOfMessages), number(sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed),
		number(sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
}

// countMessages returns how many messages queues have, visible or not.
func countMessages(t *testing.T, queueURLs ...string) (n int) {
	t.Helper()
	for _, url := range queueURLs {
		visible, inFlight := depth(t, url)
		n += visible + inFlight
	}
	return n
}

func sendMessage(t *testing.T, queueURL, body string) {
	t.Helper()
	_, err := sqsClient(t).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queueURL, MessageBody: &body})
	require.NoError(t, err)
}

// receiveAll receives all messages of a queue, deletes them, and returns their bodies.
func receiveAll(t *testing.T, queueURL string) (bodies []string) {
	t.Helper()
	queues := sqsClient(t)
	for {
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		if len(got.Messages) == 0 {
			// Messages of an answer that was lost are in flight until their visibility timeout ends.
			if _, _, inFlight := depths(t, queueURL); inFlight == 0 || deployment.clock == nil {
				return bodies
			}
			deployment.clock.Advance(30 * time.Second)
			continue
		}
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
			_, err := queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle})
			require.NoError(t, err)
		}
	}
}

func queueARN(url string) string {
	return "arn:aws:sqs:us-east-1:123456789012:" + url[strings.LastIndex(url, "/")+1:]
}

// invoices lists the keys of an account's invoices, without their common prefix.
func invoices(t *testing.T, bucket, account string) []string {
	t.Helper()
	prefix := "invoices/" + account + "/"
	out, err := s3Client(t).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	require.NoError(t, err)
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, strings.TrimPrefix(*o.Key, prefix))
	}
	return keys
}
