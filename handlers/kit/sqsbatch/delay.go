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

// The longest delays before the second delivery of a message, and before any delivery. Each is at least half as long.
const (
	FirstDelay = 4 * time.Second
	MaxDelay   = 15 * time.Minute
)

// delay sets how long the message stays invisible, from now on.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (q *Queue) delay(ctx context.Context, m events.SQSMessage) error {
	most := MaxDelay
	// Eight doublings are more than MaxDelay.
	if n := receiveCount(m); n <= 8 {
		most = FirstDelay << (n - 1)
	}
	// The jitter spreads messages that failed together.
	d := most/2 + rand.N(most/2+1)
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(q.URL), ReceiptHandle: aws.String(m.ReceiptHandle), VisibilityTimeout: int32(d.Round(time.Second) / time.Second),
	})
	return err
}

// SecondsFailing is the age of a message that failed and will be delivered again. An alarm on it finds messages that fail again and
// again: their invocations succeed, and SQS leaves a message out of ApproximateAgeOfOldestMessage after three receives. It has a
// value every MaxDelay at least, for as long as there is such a message.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
const SecondsFailing metric.Timer = "SecondsFailing"

// failing is the value of SecondsFailing, if it is known when the message was sent.
func failing(m events.SQSMessage) []metric.Value {
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return nil
	}
	return []metric.Value{metric.Seconds(SecondsFailing, time.Since(time.UnixMilli(sent)))}
}

// receiveCount is how often the message was received, this time included.
func receiveCount(m events.SQSMessage) int {
	n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return max(n, 1)
}
