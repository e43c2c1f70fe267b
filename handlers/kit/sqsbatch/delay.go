package sqsbatch

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
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

// receiveCount is how often the message was received, this time included.
func receiveCount(m events.SQSMessage) int {
	n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return max(n, 1)
}
