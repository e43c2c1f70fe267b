package handlertest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

// Queue is the SQS of a consumer: its queue and its dead-letter queue.
type Queue struct {
	// Refuse is called before each send. If it returns an error, the send fails with it. It may be nil.
	Refuse func(*sqs.SendMessageInput) error
	// NoDelay is the error of ChangeMessageVisibility; nil accepts the calls.
	NoDelay error

	mu     sync.Mutex
	dead   []*sqs.SendMessageInput
	delays map[string]time.Duration
}

// Consumer returns the queue of a consumer, with this implementation of SQS.
func (q *Queue) Consumer() *sqsbatch.Queue {
	return &sqsbatch.Queue{Client: q, URL: "https://queue", DeadLettersURL: "https://dead-letters"}
}

// Dead returns the messages that were sent to the dead-letter queue.
func (q *Queue) Dead() []*sqs.SendMessageInput {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dead
}

// DeadBodies returns the bodies of the messages that were sent to the dead-letter queue.
func (q *Queue) DeadBodies() (bodies []string) {
	for _, m := range q.Dead() {
		bodies = append(bodies, aws.ToString(m.MessageBody))
	}
	return bodies
}

// Delays returns the visibility timeouts that were set, by receipt handle.
func (q *Queue) Delays() map[string]time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.delays
}

// SendMessage records a dead letter.
func (q *Queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if aws.ToString(in.QueueUrl) != "https://dead-letters" {
		return nil, fmt.Errorf("sent to %s", aws.ToString(in.QueueUrl))
	}
	if q.Refuse != nil {
		if err := q.Refuse(in); err != nil {
			return nil, err
		}
	}
	q.dead = append(q.dead, in)
	return &sqs.SendMessageOutput{MessageId: aws.String(fmt.Sprint("dead", len(q.dead)))}, nil
}

// ChangeMessageVisibility records the timeout.
func (q *Queue) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if aws.ToString(in.QueueUrl) != "https://queue" {
		return nil, fmt.Errorf("delayed in %s", aws.ToString(in.QueueUrl))
	}
	if q.NoDelay != nil {
		return nil, q.NoDelay
	}
	if q.delays == nil {
		q.delays = map[string]time.Duration{}
	}
	q.delays[aws.ToString(in.ReceiptHandle)] = time.Duration(in.VisibilityTimeout) * time.Second
	return &sqs.ChangeMessageVisibilityOutput{}, nil
}
