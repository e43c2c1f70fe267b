package local_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	localdynamodb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// archive is the program under test: it moves one job from a queue to a table.
func archive(ctx context.Context, cfg aws.Config, queueURL, table string) (moved bool, err error) {
	queue := sqs.NewFromConfig(cfg)
	jobs, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL})
	if err != nil || len(jobs.Messages) == 0 {
		return false, err
	}
	job := jobs.Messages[0]
	_, err = dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &table, Item: map[string]types.AttributeValue{"job": &types.AttributeValueMemberS{Value: *job.Body}},
	})
	if err != nil {
		return false, err
	}
	_, err = queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: job.ReceiptHandle})
	return err == nil, err
}

func TestArchive(t *testing.T) {
	cloud := localtest.Start(t)
	queue := cloud.Deploy(t, "aws:sqs/queue:Queue", map[string]any{"visibilityTimeoutSeconds": 30})
	table := cloud.Deploy(t, "aws:dynamodb/table:Table", map[string]any{
		"hashKey": "job", "attributes": []any{map[string]any{"name": "job", "type": "S"}}, "billingMode": "PAY_PER_REQUEST",
	})
	url, name := queue["url"].(string), table["name"].(string)
	_, err := sqs.NewFromConfig(cloud.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("job-1")})
	require.NoError(t, err)

	// A role that may read the queue, but not write to the table.
	reader := cloud.Role(t, "reader", localtest.Allow(queue["arn"].(string), "sqs:ReceiveMessage", "sqs:DeleteMessage"))
	_, err = archive(t.Context(), reader, url, name)
	require.ErrorContains(t, err, "AccessDeniedException")
	require.ErrorContains(t, err, "dynamodb:PutItem")

	// The message is hidden until its visibility timeout is over.
	archiver := cloud.Role(t, "archiver", localtest.Allow("*", "sqs:ReceiveMessage", "sqs:DeleteMessage", "dynamodb:PutItem"))
	moved, err := archive(t.Context(), archiver, url, name)
	require.NoError(t, err)
	require.False(t, moved)
	cloud.Clock.Advance(31 * time.Second)

	// The table throttles twice. The SDK tries again.
	throttled := 0
	cloud.Fault(t, fault.Rule{Action: "dynamodb:PutItem", Times: 2, Do: func(context.Context, fault.Event) error {
		throttled++
		return localdynamodb.Throttled()
	}})
	moved, err = archive(t.Context(), archiver, url, name)
	require.NoError(t, err)
	require.True(t, moved)
	require.Equal(t, 2, throttled)

	items, err := dynamodb.NewFromConfig(cloud.Config()).Scan(t.Context(), &dynamodb.ScanInput{TableName: &name})
	require.NoError(t, err)
	require.Equal(t, &types.AttributeValueMemberS{Value: "job-1"}, items.Items[0]["job"])
}
