package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// DeadLetter is a message in a queue.
type DeadLetter struct {
	ID         string            `json:"id"`
	Sent       string            `json:"sent"`
	Receives   int               `json:"receives"` // looks count as well
	Body       string            `json:"body"`
	Attributes map[string]string `json:"attributes"`
}

type deadLetters struct {
	Messages []DeadLetter `json:"messages"`
	More     bool         `json:"more"`
}

// maxDeadLetters is how many messages are shown.
const maxDeadLetters = 100

// getDeadLetters answers GET /api/deadletters?queue=ARN. It makes the messages that it has received visible again, so that others can
// receive and redrive them. The SDK does not send a visibility timeout of 0 when it receives.
func (c *Console) getDeadLetters(ctx context.Context, r *http.Request, _ *struct{}) (deadLetters, error) {
	queue := r.URL.Query().Get("queue")
	n := c.graph().nodes[queue]
	if n == nil || n.Kind != kindQueue && n.Kind != kindDeadLetters {
		return deadLetters{}, invalid("queue: must be the ARN of a queue of the map, got %q", queue)
	}
	return c.lookInto(ctx, n.deployed.ID)
}

func (c *Console) lookInto(ctx context.Context, url string) (deadLetters, error) {
	all := deadLetters{Messages: []DeadLetter{}}
	var handles []*string
	defer func() {
		for _, h := range handles { // an error means that somebody has deleted it
			_, _ = c.sqs.ChangeMessageVisibility(context.WithoutCancel(ctx), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: h})
		}
	}()
	for len(all.Messages) <= maxDeadLetters {
		out, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return all, refused(err)
		}
		if len(out.Messages) == 0 {
			return all, nil
		}
		for _, m := range out.Messages {
			all.Messages = append(all.Messages, deadLetter(m))
			handles = append(handles, m.ReceiptHandle)
		}
	}
	return deadLetters{all.Messages[:maxDeadLetters], true}, nil
}

func deadLetter(m types.Message) DeadLetter {
	ms, _ := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64) // SQS sends numbers
	receives, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	d := DeadLetter{
		ID: *m.MessageId, Sent: time.UnixMilli(ms).UTC().Format(time.RFC3339Nano), Receives: receives, Body: *m.Body, Attributes: map[string]string{},
	}
	for name, value := range m.MessageAttributes {
		d.Attributes[name] = aws.ToString(value.StringValue)
	}
	return d
}

// redrive answers POST /api/redrive: it moves the messages of a dead-letter queue back to where they came from.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func (c *Console) redrive(ctx context.Context, _ *http.Request, in *struct{ Queue string }) (map[string]any, error) {
	_, err := c.sqs.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &in.Queue})
	if e, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(e.ErrorMessage(), "must be configured as a Dead Letter Queue") {
		return nil, invalid("queue: it is the dead-letter queue of no queue, so its messages have none to go back to. " +
			"What they are about is repeated by a command of the program, such as orders redrive or orders replay")
	}
	if err != nil {
		return nil, refused(err)
	}
	tasks, err := c.sqs.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &in.Queue}) // the latest
	if err != nil {
		return nil, refused(err)
	}
	task := tasks.Results[0]
	if aws.ToString(task.Status) == "FAILED" {
		return nil, invalid("queue: %d messages were moved, and then: %s", task.ApproximateNumberOfMessagesMoved, aws.ToString(task.FailureReason))
	}
	return map[string]any{"moved": task.ApproximateNumberOfMessagesMoved}, nil
}

// pause answers POST /api/pause: it stops or starts what reads a queue or a stream for a function.
func (c *Console) pause(ctx context.Context, _ *http.Request, in *struct {
	Mapping string
	Paused  bool
}) (struct{}, error) {
	_, err := c.lambda.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: &in.Mapping, Enabled: aws.Bool(!in.Paused)})
	return struct{}{}, refused(err)
}
