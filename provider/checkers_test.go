package provider_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
)

// The functions are those of the integration tests: a checker, one that collects its findings, and one that finishes what has passed.
func TestACheckerPipelineWithOwnFunctionsInYAML(t *testing.T) {
	zips := t.TempDir()
	command(t, "../integration_test", "go", "run", "github.com/order-patterns/order-patterns/packages", "-o", zips, "-arch", "local",
		"./checkers/fraud", "./checkers/collect", "./checkers/finish")
	d := program(t, "checkers")
	require.NoError(t, os.CopyFS(filepath.Join(d.Project, "checkers"), os.DirFS(zips)))
	outputs := d.up(t)

	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: &d.cloud.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(d.cloud.Admin.AccessKeyID, d.cloud.Admin.SecretAccessKey, ""),
	}
	for _, message := range []string{`{"orderId":"p1","customerId":"b-fraud"}`, `{"orderId":"p2","customerId":"a"}`} {
		_, err := sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(outputs["topic"].(string)), Message: &message})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		out, err := sqs.NewFromConfig(config).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(outputs["results"].(string))})
		require.NoError(t, err)
		return len(out.Messages) == 1 && *out.Messages[0].Body == "p2"
	}, time.Minute, 100*time.Millisecond, "what has passed is finished")
}
