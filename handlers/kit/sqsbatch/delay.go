package sqsbatch

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/metric"
)

// The longest delay before the second delivery of a message, and before any delivery. The shortest is half of it.
const (
	FirstDelay = 4 * time.Second
	MaxDelay   = 15 * time.Minute
)

// delay sets how long the message stays invisible, counted from now.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (q *Queue) delay(ctx context.Context, m events.SQSMessage) error {
	most := MaxDelay
	// More than eight doublings exceed MaxDelay.
	if n := receiveCount(m); n <= 8 {
		most = FirstDelay << (n - 1)
	}
	// The jitter distributes the retries of messages that failed together.
	d := most/2 + rand.N(most/2+1)
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(q.URL), ReceiptHandle: aws.String(m.ReceiptHandle), VisibilityTimeout: int32(d.Round(time.Second) / time.Second),
	})
	return err
}

// SecondsFailing is the age of a message that failed and will be delivered again. An alarm on it finds messages that fail repeatedly:
// their invocations succeed, and SQS leaves a message out of ApproximateAgeOfOldestMessage after three receives. As long as there is
// such a message, the metric has a value at least every MaxDelay.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
const SecondsFailing metric.Timer = "SecondsFailing"

// failing returns the value of SecondsFailing, if it is known when the message was sent.
func failing(m events.SQSMessage) []metric.Value {
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return nil
	}
	return []metric.Value{metric.Seconds(SecondsFailing, time.Since(time.UnixMilli(sent)))}
}

// receiveCount returns how often the message was received, including this time.
func receiveCount(m events.SQSMessage) int {
	n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return max(n, 1)
}
